"""What all pages share: routes, requests, navigation, lists, forms."""
