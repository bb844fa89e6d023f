import Testing

@testable import Policy

/// What is seen in prompts that people write.
struct PromptTableTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var text: String
    var task: TaskKind?
    var domain: Domain?
    var language: String?
    var hasCode: Bool
    var band: ComplexityBand

    init(
      _ text: String, _ task: TaskKind?, _ domain: Domain?, _ language: String?,
      _ band: ComplexityBand = .low, code: Bool = false
    ) {
      (self.text, self.task, self.domain, self.language) = (text, task, domain, language)
      (self.band, self.hasCode) = (band, code)
    }

    var testDescription: String { String(text.prefix(40)) }
  }

  @Test(arguments: english + code + hard + european + scripts) func promptsAreUnderstood(_ row: Row) {
    let facts = PromptFacts(of: row.text)
    #expect(facts.task == row.task)
    #expect(facts.domain == row.domain)
    #expect(facts.language == row.language)
    #expect(facts.hasCode == row.hasCode)
    #expect(PromptRules().band(of: facts.complexity) == row.band, "\(facts.complexity) \(facts.signals)")
  }

  private static let english: [Row] = [
    Row("What is the capital of France?", .chat, .general, "en"),
    Row("Hi, how are you today?", .chat, .general, "en"),
    Row("Thanks, that was all I need for now.", .chat, .general, "en"),
    Row("Tell me a fun fact about the moon.", .chat, .general, "en"),
    Row(
      "Classify the sentiment of this review as positive or negative: 'The food was great.'", .classification,
      .general, "en"),
    Row("Is this message spam? Label it yes or no: You have won a prize", .classification, .general, "en"),
    Row(
      "Categorize the following ticket into billing, shipping or other: my parcel is late", .classification,
      .general, "en"),
    Row(
      """
      Extract all names and dates from the text below.

      Anna met Bob on 3 May 2021 in Paris.
      """,
      .extraction, .general, "en"),
    Row(
      "Extract the invoice number and the total from this invoice: No. 4711, total 99.50", .extraction,
      .finance, "en"),
    Row(
      """
      Summarize this article in two sentences: The council met on Monday and agreed to build a park.
      """,
      .summarisation, .general, "en"),
    Row("Can you give me a short summary of the plot of Hamlet?", .summarisation, .general, "en"),
    Row("TLDR of the following thread please", .summarisation, .general, "en"),
    Row("Translate the following sentence to French: Where is the station?", .translation, .general, "en"),
    Row("Please translate this to German: I would like a cup of tea.", .translation, .general, "en"),
    Row("Write a haiku about autumn leaves.", .creative, .general, "en"),
    Row("Write a short story about a dragon who is afraid of the dark.", .creative, .general, "en"),
    Row("Draft an email to my landlord about the broken heating.", .creative, .legal, "en"),
    Row("Brainstorm ten names for a coffee shop.", .creative, .general, "en"),
    Row(
      "Review this pull request for style problems and tell me what you would change.", .review, .general,
      "en"),
    Row("Proofread my cover letter and correct the grammar.", .review, .general, "en"),
    Row("Calculate the probability of drawing two aces from a deck of 52 cards.", .reasoning, .general, "en"),
    Row("What dose of antibiotics does a patient with a chronic kidney disease need?", .chat, .medical, "en"),
    Row("Can a tenant end the contract when the landlord breaks a clause of the lease?", .chat, .legal, "en"),
    Row("What is the tax on the dividend of a stock that I hold for a year?", .chat, .finance, "en"),
    Row("Explain the function of the liver.", .chat, .medical, "en"),
    Row("How does a quantum computer differ from a classical one?", .chat, .science, "en"),
    Row("asdf qwer zxcv", nil, nil, nil),
    Row("42", nil, nil, nil),
  ]

  private static let code: [Row] = [
    Row("Write a Python function that reverses a linked list.", .code, .software, "en"),
    Row("Implement a rate limiter in Go.", .code, .general, "en"),
    Row("How do I join two tables in SQL?", .code, .software, "en"),
    Row(
      """
      Why does this crash?
      ```python
      print(undefined_name)
      ```
      """,
      .code, .software, "en", .medium, code: true),
    Row(
      """
      Debug this:

      function add(a, b) {
        return a - b;
      }
      console.log(add(1, 2));

      """,
      .code, .software, "en", code: true),
    Row(
      """
      Refactor the class below so that it is easier to test.

      def area(self):
          return self.w * self.h

      """,
      .code, .software, "en", code: true),
  ]

  private static let hard: [Row] = [
    Row(
      "Analyze the quarterly revenue and compare it with the budget of the last year.", .analysis, .finance,
      "en", .medium),
    Row(
      """
      Compare the strengths and weaknesses of nuclear and solar energy, and explain the implications \
      for the climate.
      """,
      .analysis, .science, "en", .medium),
    Row(
      "Prove that the square root of two is irrational and justify each step.", .reasoning, .science, "en",
      .medium),
    Row(
      """
      Derive the equation of motion of a pendulum, and then explain why the period is independent of \
      the mass for small angles.
      """,
      .reasoning, .science, "en", .medium),
    Row(
      """
      Design an architecture for a multi-region payment service. First list the requirements and \
      constraints, then compare two alternatives, explain the trade-offs of consistency and latency, \
      and finally justify your choice with a rough cost of 100, 1000 and 10000 requests per second.
      """,
      .analysis, .software, "en", .high),
    Row(
      """
      Prove the following theorem step by step.

      1. State every assumption.
      2. Derive the lemma.
      3. Justify why the bound is optimal, and give a counterexample for the converse.
      4. Discuss the edge cases.
      """,
      .reasoning, .science, "en", .high),
    Row(
      """
      We must choose a database for our trading system. Evaluate PostgreSQL and Cassandra:

      - consistency guarantees
      - latency under load
      - operational complexity
      - cost over 36 months

      Explain why, name the trade-offs, and then design the migration in steps: first the schema, then\
       the data, finally the cut-over. What is the rollback strategy? What are the risks?
      """,
      .analysis, .software, "en", .high),
    Row(
      """
      Why do my requests deadlock? Analyze the code, find the root cause, then explain the fix step by\
       step.
      ```swift
      func a() {
        lock.lock()
        b()
      }
      func b() {
        lock.lock()
      }
      ```
      """,
      .analysis, .software, "en", .high, code: true),
  ]

  private static let european: [Row] = [
    Row("Schreibe eine Funktion in Python, die eine Liste sortiert.", .code, .software, "de"),
    Row("Übersetze diesen Satz ins Englische: Ich hätte gern einen Kaffee.", .translation, .general, "de"),
    Row(
      """
      Bitte fasse den Text zusammen oder schreibe eine Zusammenfassung für mich: Der Rat hat getagt.
      """,
      .summarisation, .general, "de"),
    Row("Was ist der Unterschied zwischen einer Aktie und einer Anleihe?", .chat, .finance, "de"),
    Row(
      "Beweise, dass es unendlich viele Primzahlen gibt, und begründe jeden Schritt.", .reasoning, .general,
      "de", .medium),
    Row("Kann der Vermieter den Vertrag ohne eine Kündigung beenden?", .chat, .legal, "de"),
    Row("Traduis cette phrase en anglais : Où est la gare ?", .translation, .general, "fr"),
    Row("Résume le texte suivant en deux phrases pour les enfants.", .summarisation, .general, "fr"),
    Row("Quelle est la différence entre un virus et une bactérie ?", .chat, .general, "fr"),
    Row("Écris un poème sur la mer et les étoiles.", .creative, .general, "fr"),
    Row("Traduce esta frase al inglés: ¿Dónde está la estación?", .translation, .general, "es"),
    Row("¿Cuál es la capital de Perú y cuántos habitantes tiene?", .chat, .general, "es"),
    Row(
      "Analiza los ingresos de la empresa y compara el beneficio con el del año pasado.", .analysis, .finance,
      "es", .medium),
    Row("Escribe un cuento sobre una niña que vive en la luna.", .creative, .general, "es"),
    Row("Traduci questa frase in inglese: dove si trova la stazione?", .translation, .general, "it"),
    Row("Quali sono i sintomi della malattia e come si cura?", .chat, .medical, "it"),
    Row("Scrivi una poesia sulla pioggia che cade nella notte.", .creative, .general, "it"),
    Row("Traduza esta frase para o inglês: onde fica a estação?", .translation, .general, "pt"),
    Row("Quais são os sintomas da doença e como é que se trata?", .chat, .medical, "pt"),
    Row("Você pode me explicar o que é um imposto e como não pagar mais do que devo?", .chat, .finance, "pt"),
    Row("Vertaal deze zin naar het Engels: waar is het station?", .translation, .general, "nl"),
    Row("Wat is het verschil tussen een aandeel en een obligatie?", .chat, .general, "nl"),
    Row("Schrijf een gedicht over de zee en de wind.", .creative, .general, "nl"),
  ]

  private static let scripts: [Row] = [
    Row("请把下面的句子翻译成英文:今天天气很好。", nil, nil, "zh"),
    Row("次の文章を要約してください。今日は天気がいいです。", nil, nil, "ja"),
    Row("이 문장을 영어로 번역해 주세요.", nil, nil, "ko"),
    Row("Переведи это предложение на английский язык: где находится вокзал?", nil, nil, "ru"),
    Row("Переклади це речення англійською: де знаходиться вокзал і її вхід?", nil, nil, "uk"),
    Row("ترجم هذه الجملة إلى الإنجليزية من فضلك", nil, nil, "ar"),
    Row("इस वाक्य का अंग्रेज़ी में अनुवाद करें।", nil, nil, "hi"),
    Row("Μετάφρασε αυτή την πρόταση στα αγγλικά.", nil, nil, "el"),
    Row("תרגם את המשפט הזה לאנגלית", nil, nil, "he"),
    Row("แปลประโยคนี้เป็นภาษาอังกฤษ", nil, nil, "th"),
    Row("请用 Python 写一个函数", .code, .software, "zh"),
  ]
}
