import Dialects
import Testing

@Suite("Paths of the Open Inference Protocol")
struct InferencePathTests {
  @Test(arguments: paths)
  func pathsAskForSomething(path: String, wanted: InferencePath?) {
    #expect(InferencePath(path) == wanted)
  }

  @Test func modelsGetTheirProvidersName() {
    for (path, wanted) in [
      ("/v2/models/iris/infer", "/v2/models/a%2Fb/infer"),
      ("/v2/models/iris/versions/v%201/infer", "/v2/models/a%2Fb/versions/v%201/infer"),
      ("/v2/models/iris", "/v2/models/a%2Fb"), ("/v2/models/iris/ready", "/v2/models/a%2Fb/ready"),
      ("/v2/health/ready", "/v2/health/ready"), ("/v2", "/v2"),
    ] {
      #expect(InferencePath(path)?.text(naming: "a/b") == wanted)
    }
  }

  @Test func onlyInferencesArePosted() {
    for path in paths.compactMap({ $0.1 }) {
      #expect(path.isPosted == path.text(naming: "x").hasSuffix("/infer"))
    }
  }

  @Test func segmentsComeBack() {
    for text in ["iris", "a/b", "é 😀", "%41", "a?b#c", "..", "\u{0}\u{7f}", "~-_."] {
      let encoded = PathSegment.encoded(text)
      #expect(PathSegment.decoded(encoded) == text)
      #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f && $0 != 0x3f && $0 != 0x23 })
    }
    for bad in ["%", "%4", "%zz", "%ff"] { #expect(PathSegment.decoded(bad) == nil) }
  }
}

private let iris = InferencePath.Model("iris")

/// Paths, and what they ask for.
private let paths: [(String, InferencePath?)] = [
  ("/v2", .server), ("/v2/health/live", .live), ("/v2/health/ready", .ready),
  ("/v2/models/iris", .metadata(iris)), ("/v2/models/iris/ready", .modelReady(iris)),
  ("/v2/models/iris/infer", .infer(iris)),
  ("/v2/models/iris/versions/2/infer", .infer(InferencePath.Model("iris", version: "2"))),
  ("/v2/models/iris/versions/2", .metadata(InferencePath.Model("iris", version: "2"))),
  ("/v2/models/a%2Fb/infer", .infer(InferencePath.Model("a/b"))),
  ("/v2/models/versions/infer", .infer(InferencePath.Model("versions"))),
  ("/v2/", nil), ("/v2/models", nil), ("/v2/models/", nil), ("/v2/models//infer", nil),
  ("/v2/models/../infer", nil), ("/v2/models/%2e%2E/infer", nil), ("/v2/models/a%/infer", nil),
  ("/v2/models/iris/versions/../infer", nil), ("/v2/models/iris/versions", nil),
  ("/v2/models/iris/infer/", nil), ("/v2/models/iris/stats", nil), ("/v2/health", nil),
  ("/v2/health/dead", nil), ("/v2/repository/index", nil), ("v2", nil), ("/v1/models/iris", nil), ("", nil),
  ("/", nil),
]
