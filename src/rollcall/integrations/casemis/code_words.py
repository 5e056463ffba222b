"""What CASEMIS codes mean, as far as facts section 1.3 says; other codes have no words."""

from collections.abc import Mapping

DISABILITIES: Mapping[str, str] = {
    "200": "None",
    "210": "Intellectual disability",
    "220": "Hard of hearing",
    "230": "Deafness",
    "240": "Speech or language impairment",
    "250": "Visual impairment",
    "260": "Emotional disturbance",
    "270": "Orthopedic impairment",
    "280": "Other health impairment",
    "281": "Established medical disability",
    "290": "Specific learning disability",
    "300": "Deaf-blindness",
    "310": "Multiple disabilities",
    "320": "Autism",
    "330": "Traumatic brain injury",
}
PLANS: Mapping[str, str] = {
    "10": "IEP or IFSP",
    "20": "Individual service plan",
    "70": "Eligible, not served",
    "80": "Eligible, not served",
    "90": "Evaluated, not eligible",
}
EXITS: Mapping[str, str] = {
    "70": "Returned to regular education",
    "76": "Transferred to another program",
    "77": "Deceased",
}
SERVICES: Mapping[str, str] = {
    "210": "Family training, counseling, home visits",
    "220": "Medical services for evaluation",
    "230": "Nutrition",
    "240": "Service coordination",
    "250": "Special instruction",
    "260": "Special education aide",
    "270": "Respite care",
    "330": "Specialized academic instruction",
    "340": "Intensive individual instruction",
    "350": "Individual and small group instruction",
    "415": "Language and speech",
    "425": "Adapted physical education",
    "435": "Health and nursing",
    "450": "Occupational therapy",
    "460": "Physical therapy",
    "515": "Counseling and guidance",
    "720": "Audiological services",
    "730": "Orientation and mobility",
}
