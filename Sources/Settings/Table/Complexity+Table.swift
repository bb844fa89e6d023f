internal import Policy

extension Form where Value == Settings.Complexity {
  static var complexity: Form {
    .record(
      Settings.Complexity(),
      [
        Field("method", \.method, .choice(), "How it is estimated."),
        Field(
          "model", \.classifier, .classifier,
          "The file of a classifier that was trained; absent, the one that comes with the router."),
        Field("thresholds", \.rules.thresholds, .thresholds, "Where medium and high begin."),
        Field(
          "weights", \.rules.weights, .weights,
          "What each signal brings the complexity to where it is at its strongest and alone."),
      ],
      finish: { complexity, reader in
        guard complexity.classifier != nil, complexity.method == .heuristic,
          !reader.hasErrors(at: ["method"])
        else { return }
        reader.fail("is for learned complexity: write method: learned, or remove it", under: ["model"])
      })
  }
}

extension Form where Value == Settings.Classifier {
  /// A file that is read now, and refused where the heuristic does as well.
  fileprivate static var classifier: Form {
    Form(
      schema: Form<String>.fileName.schema,
      read: { tree, reader in
        guard let path = Form<String>.fileName.read(tree, &reader) else { return nil }
        do throws(Refusal) {
          return Settings.Classifier(path: path, model: try reader.files.complexityModel(at: path))
        } catch {
          reader.fail(error.message, at: tree.mark)
          return nil
        }
      },
      write: { .scalar(References.escaped($0.path)) })
  }
}

extension Files {
  fileprivate func complexityModel(at path: String) throws(Refusal) -> ComplexityModel {
    let bytes = try bytes(of: path)
    let model: ComplexityModel
    do throws(ModelFileError) { model = try ComplexityModel(bytes: bytes) } catch {
      throw Refusal("\(path): \(error)")
    }
    guard model.worth.isAboveHeuristic else {
      throw Refusal("\(path) \(model.worth.text): train another, or write method: heuristic")
    }
    return model
  }
}

extension Form where Value == Double {
  /// From 0 to 1, with six decimals.
  static var fraction: Form {
    Form<Int>.ratio(0...1).mapped({ Double($0) / 1_000_000 }, { Int(($0 * 1_000_000).rounded()) })
  }
}

extension Form where Value == [Double] {
  /// Two, the second not below the first.
  fileprivate static var thresholds: Form {
    let list = Form<[Double]>.list(Form<Double>.fraction)
    return Form(
      schema: list.schema.adding([("minItems", .int(2)), ("maxItems", .int(2))]),
      read: { tree, reader in
        guard let values = list.read(tree, &reader), case .sequence(let elements) = tree.content else {
          return nil
        }
        guard elements.count == 2 else {
          reader.fail("must be two numbers, where medium and high begin, such as [0.3, 0.7]", at: tree.mark)
          return nil
        }
        guard values.count == 2 else { return nil }
        guard values[0] <= values[1] else {
          reader.fail("high begins below medium: write the smaller number first", at: tree.mark)
          return nil
        }
        return values
      },
      write: list.write)
  }
}

extension Form where Value == SignalValues {
  fileprivate static var weights: Form {
    .record(
      PromptRules().weights,
      [
        Field("length", \.length, .fraction, "Bytes of the turn that asks, and some of the others'."),
        Field("reasoning", \.reasoning, .fraction, "Words that ask for thought."),
        Field("code", \.code, .fraction, "Code, in the turn that asks or around it."),
        Field("steps", \.steps, .fraction, "Several things in turn."),
        Field("questions", \.questions, .fraction, "Question marks."),
        Field("numbers", \.numbers, .fraction, "Digits."),
        Field("structure", \.structure, .fraction, "Lists, headings and tables."),
        Field("depth", \.depth, .fraction, "Turns of the user so far."),
      ])
  }
}

extension PromptRules {
  /// Where medium and high begin.
  fileprivate var thresholds: [Double] {
    get { [medium, high] }
    set { (medium, high) = (newValue[0], newValue[1]) }
  }
}
