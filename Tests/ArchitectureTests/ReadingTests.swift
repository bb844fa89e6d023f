import Testing

/// The readers behind the import table: one that overlooks an import would let everything pass.
struct ReadingTests {
  @Test(
    arguments: [
      ("import NIOCore", "NIOCore"), ("package import Policy", "Policy"), ("internal import Glibc", "Glibc"),
      ("  public import Logging  // why", "Logging"), ("@preconcurrency import Dispatch", "Dispatch"),
      ("@testable @_spi(Raw) private import Yams", "Yams"), ("import struct Foundation.Data", "Foundation"),
      ("@preconcurrency package import func Glibc.memcmp", "Glibc"), ("import CCurl;", "CCurl"),
    ])
  func everyFormOfImportIsSeen(_ line: String, _ module: String) {
    #expect(ImportStatement(line: line)?.module == module)
  }

  @Test(arguments: [
    "", "let x = 1", "// import Foundation", "importer.run()", "/// import it", "func import_() {}",
  ])
  func otherLinesAreNoImports(_ line: String) {
    #expect(ImportStatement(line: line) == nil)
  }

  @Test func constantsAndFunctionsOfTheManifestAreSeen() {
    let manifest = Manifest(
      text: """
        let nio: [Target.Dependency] = [
          .product(name: "NIOCore", package: "swift-nio"),
          .product(name: "NIOPosix", package: "swift-nio"),
        ]
        let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
        func module(_ name: String) -> Target { .target(name: name, swiftSettings: strict) }
          .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
          module("Policy"),
          module("Settings", ["Policy", yams]),
          program("modelsim", ["Policy"] + nio),
        """)
    #expect(
      manifest.dependencies == [
        "CCurl": [], "Policy": [], "Settings": ["Policy", "Yams"],
        "modelsim": ["Policy", "NIOCore", "NIOPosix"],
      ])
  }
}
