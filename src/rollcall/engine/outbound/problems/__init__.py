"""Problems of sending: alerts, their mails, reminders and the partner's own rules."""
