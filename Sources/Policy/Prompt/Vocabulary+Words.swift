/// The words. Frequent ones may belong to several languages; a word names one task and one domain at most.
extension Vocabulary {
  static let stopWords: [(LatinLanguage, String)] = [
    (
      .english,
      """
      the of and to a in is that for it with as was on are be this these those have has from or by an not you your my me i we
      our they their he she his her its what which who why how when where can could would should will do does did if about into
      than then them there please between following at but all any some more most so up out no just tell give explain write
      """
    ),
    (
      .german,
      """
      der die das und ist nicht ein eine einen einem einer eines ich du er sie es wir ihr mit auf für von zu zum zur den dem des im
      in an am als auch wie was warum wer wo wann welche welcher welches diese dieser dieses diesen diesem bei aus nach über unter
      sich sind war wird werden kann können bitte mir mich dir dein mein meine unser oder aber wenn dass daß um ins durch noch nur
      zwischen folgenden folgende gib erkläre schreibe schreib
      """
    ),
    (
      .french,
      """
      le la les l un une des du de d et est en dans que qu qui pour pas sur ce cette ces cet au aux avec par je j il elle nous vous
      ils elles mon ma mes votre vos son sa ses leur ne se plus ou où comment pourquoi quel quelle quels quelles quand sont être
      fait sans mais entre suivant suivante moi explique expliquez écris écrivez donne
      """
    ),
    (
      .spanish,
      """
      el la los las un una unos unas de del y en que qué es por para con no se su sus lo al como cómo más pero o este esta estos
      estas ese eso son fue está entre sobre cuál cuáles cuándo dónde quién porque mi me tu te nos le les siguiente siguientes
      explica escribe dame
      """
    ),
    (
      .italian,
      """
      il lo la i gli le un uno una di del della dei delle degli e è in che per con non si su al alla come più ma o questo questa
      questi queste sono da dal dalla nel nella perché quale quali quando dove chi mi ci tra fra cosa seguente seguenti spiega
      scrivi l
      """
    ),
    (
      .portuguese,
      """
      o a os as um uma uns umas de do da dos das e é em no na nos nas que por para com não se seu sua ao à mais mas ou este esta
      isso isto são foi como qual quais quando onde quem porque meu minha me entre seguinte seguintes você explique escreva
      """
    ),
    (
      .dutch,
      """
      de het een van en in is dat op te voor met niet zijn er aan ook als die om bij uit door naar maar over wat hoe waarom wie waar
      wanneer welke deze dit dan nog wel kan kunnen ik je jij hij zij wij mijn jouw onze of worden werd heeft tussen volgende geef
      leg schrijf uit
      """
    ),
  ]

  static let strongTasks: [(TaskKind, String)] = [
    (
      .code,
      "code implement implementing debug debugging refactor refactoring implementiere implementa implémente implementeer"
    ),
    (.review, "critique proofread"),
    (
      .classification,
      "classify classifying categorize categorise klassifiziere klassifizieren classifica clasifica classifie classifiez classificeer"
    ),
    (.extraction, "extract extracting extrahiere extrahieren extrais extrayez extrae extraer estrai extraia"),
    (
      .summarisation,
      """
      summarize summarise summarizing summarising tldr condense zusammenfassen zusammenfassung résume résumez resume resumir resumen
      riassumi riassumere resuma samenvatten samenvatting
      """
    ),
    (
      .translation,
      """
      translate translating übersetze übersetzen übersetz traduis traduisez traduire traduce traducir traduci tradurre traduza
      traduzir traduz vertaal vertalen
      """
    ),
    (
      .analysis,
      """
      analyze analyse analyzing analysing compare comparing evaluate evaluating assess investigate analysiere vergleiche bewerte
      analysez comparez analiza compara analizza confronta analise compare vergelijk analyseer
      """
    ),
    (
      .reasoning,
      """
      prove derive solve deduce calculate compute beweise berechne löse démontre démontrer calcule résous demuestra calcula resuelve
      dimostra calcola risolvi prova demonstre bewijs bereken
      """
    ),
    (
      .creative,
      """
      poem haiku limerick sonnet lyrics screenplay brainstorm slogan tagline gedicht poème poema poesia cuento racconto conto
      verhaaltje
      """
    ),
  ]

  static let weakTasks: [(TaskKind, String)] = [
    (
      .code,
      "function script bug class method algorithm program api query regex endpoint compile unittest funktion fonction función funzione função functie"
    ),
    (.review, "review reviewing feedback revise überprüfe vérifie revisa rivedi"),
    (
      .classification,
      "sentiment spam category categories label labels toxic intent kategorie kategorien catégorie categoría categoria"
    ),
    (.extraction, "entities entity fields"),
    (.summarisation, "summary summaries gist abstract bullet résumé resumo riassunto"),
    (.translation, "translation übersetzung traduction traducción traduzione tradução vertaling"),
    (
      .analysis,
      "analysis comparison trends strengths weaknesses vergleich comparaison análisis analisi análise"
    ),
    (.reasoning, "proof theorem puzzle riddle equation integral probability"),
    (
      .creative,
      "story novel song joke fiction essay blog geschichte histoire historia storia história verhaal"
    ),
    (.chat, "hello hi hey thanks bonjour hallo hola ciao olá salut danke merci gracias grazie obrigado"),
  ]

  static let domains: [(Domain, String)] = [
    (
      .legal,
      """
      contract contracts clause clauses liability plaintiff defendant court lawsuit statute statutory legal law lawyer attorney
      litigation jurisdiction arbitration indemnify indemnification tort copyright trademark patent gdpr nda lease tenant landlord
      vertrag klausel haftung gericht gesetz kündigung contrat tribunal droit contrato cláusula demandado ley contratto legge
      giudice lei overeenkomst rechter wet
      """
    ),
    (
      .medical,
      """
      patient patients diagnosis symptom symptoms treatment dose dosage medication disease clinical doctor physician nurse surgery
      therapy blood cancer diabetes hypertension liver kidney antibiotic antibiotics vaccine infection chronic fever pain medical
      mri ct ecg arzt diagnose symptome behandlung médecin maladie traitement médico síntomas enfermedad tratamiento medico sintomi
      malattia sintomas doença arts ziekte klachten
      """
    ),
    (
      .finance,
      """
      revenue revenues ebitda investment investor investors portfolio stock stocks bond bonds dividend equity interest loan mortgage
      tax taxes invoice invoices balance budget cash profit profits shareholder inflation hedge valuation assets liabilities audit
      accounting bank banking finance financial fiscal earnings aktie aktien steuer steuern umsatz gewinn bénéfice impôt bourse
      impuesto ingresos beneficio acciones fatturato tasse ricavi imposto lucro ações belasting winst aandelen
      """
    ),
    (
      .science,
      """
      theorem proof hypothesis experiment physics chemistry biology quantum molecule molecules protein proteins enzyme dna rna gene
      genome cell cells neuron photosynthesis gravity relativity entropy electron photon atom atoms equation integral derivative
      matrix eigenvalue prime primes irrational polynomial thermodynamics evolution species climate galaxy velocity acceleration
      physik chemie zelle zellen physique chimie biologie física química célula células fisica chimica natuurkunde scheikunde
      """
    ),
    (
      .software,
      """
      code bug algorithm api database query server servers deploy deployment docker kubernetes frontend backend
      compiler mutex deadlock cache latency microservice microservices repository commit git endpoint json regex sql
      variable variables array arrays loop recursion stacktrace exception exceptions unittest cluster redis postgres kafka framework
      codebase debug refactor software scalability shard sharding datenbank fehlermeldung
      logiciel servidor programa
      """
    ),
  ]

  static let flags: [(WordMeaning.Flags, String)] = [
    (
      .reasoning,
      """
      prove proof derive derivation deduce infer justify justification rigorous rigorously why
      reasoning explain compare contrast evaluate assess analyze analyse critically tradeoff tradeoffs trade implications implication
      consequences optimal optimize optimise optimisation optimization architecture architect design strategy hypothesis assumption
      assumptions constraint constraints guarantee guarantees invariant invariants complexity correctness consistency theorem
      counterexample paradox ambiguity conflicting diagnose investigate robust pros cons alternatives
      beweise begründe begründung warum vergleiche bewerte analysiere abwägung herleite leite annahmen entwirf
      démontre démontrer justifie justifiez pourquoi compare comparez analysez concevez conçois
      demuestra justifica analiza compara diseña dimostra giustifica perché confronta analizza progetta
      demonstre justifique porquê analise projete bewijs onderbouw vergelijk analyseer ontwerp waarom
      """
    ),
    (
      .step,
      """
      step steps first firstly second secondly third thirdly next then finally lastly afterwards afterward subsequently
      schritt schritte zuerst zunächst dann danach anschließend schließlich zuletzt étape étapes abord ensuite puis enfin
      paso pasos primero luego después finalmente passo passi prima poi infine passos primeiro depois stap stappen eerst daarna
      vervolgens tenslotte
      """
    ),
    (
      .program,
      """
      def elif func println printf fprintf stdout stderr endl nullptr typedef struct const async await kwargs lambda foreach varchar
      instanceof malloc strcpy isinstance typeof enum boolean usestate goroutine segfault nullpointerexception typeerror valueerror
      keyerror indexerror attributeerror
      """
    ),
    (
      .tool,
      """
      python javascript typescript java golang kotlin php perl haskell sql bash html css django nodejs numpy pandas pytorch postgresql
      mysql mongodb cpp csharp
      """
    ),
    (
      .writes,
      """
      write compose draft rewrite schreibe schreib verfasse écris écrivez rédige rédigez escribe redacta scrivi escreva redija schrijf
      """
    ),
  ]
}
