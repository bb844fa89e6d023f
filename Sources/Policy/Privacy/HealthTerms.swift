/// Words that tell of somebody's health: illnesses, treatments and drugs that texts about other things seldom name.
enum HealthTerms {
  static var pattern: Pattern { .words(english + others) }

  private static let english = [
    "adhd", "alzheimer", "alzheimer's", "anorexia", "antidepressant", "antidepressants", "arthritis",
    "asthma",
    "biopsy", "bipolar disorder", "blood pressure", "blood sugar", "bulimia", "cancer", "carcinoma",
    "chemotherapy",
    "cholesterol", "chronic pain", "cirrhosis", "copd", "crohn's disease", "dementia", "diabetes", "diabetic",
    "dialysis", "epilepsy", "epileptic", "gonorrhea", "haemophilia", "heart attack", "hemophilia",
    "hepatitis",
    "herpes", "hiv", "hypertension", "insulin", "leukaemia", "leukemia", "lupus", "lymphoma", "mammogram",
    "medical history", "medical record", "medical records", "melanoma", "mental illness", "metastasis",
    "metformin",
    "miscarriage", "mri scan", "multiple sclerosis", "myocardial infarction", "oncologist", "oncology",
    "parkinson's",
    "pneumonia", "prescribed", "prescription", "prozac", "psoriasis", "psychiatric", "psychiatrist",
    "psychosis",
    "radiotherapy", "schizophrenia", "schizophrenic", "sertraline", "sickle cell", "statins", "stillbirth",
    "syphilis", "tuberculosis", "tumor", "tumour", "xanax",
  ]

  /// German, French and Spanish ones that are spelled otherwise.
  private static let others = [
    "bluthochdruck", "blutzucker", "chemotherapie", "demenz", "depressionen", "epilepsie", "herzinfarkt",
    "krankenakte", "krebserkrankung", "lungenentzündung", "schlaganfall", "schizophrenie",
    "schwangerschaftsabbruch",
    "asthme", "chimiothérapie", "diabète", "démence", "dossier médical", "hypertension artérielle",
    "sclérose en plaques", "cáncer", "demencia", "epilepsia", "esclerosis múltiple", "esquizofrenia",
    "hipertensión", "historia clínica", "quimioterapia",
  ]
}
