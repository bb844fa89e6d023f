import ArgumentParser

/// `switchyard health`: how a replica is, for the health check of a container that has no other program in it.
struct Health: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a running replica whether it takes requests.",
    discussion: "Exits 0 where it does, 1 where it does not or where nothing answers; one line says which.")

  @Option(help: "The replica's admin port, HOST:PORT.")
  var admin = "127.0.0.1:8081"

  @Flag(help: "Ask whether the process is alive (/livez), though it may not take requests (/readyz).")
  var live = false

  @Option(help: "Seconds to wait for the answer of each address that HOST stands for.")
  var timeout = 2

  func validate() throws {
    guard AdminCall(admin, timeout: timeout) != nil else {
      throw ValidationError("--admin wants HOST:PORT, such as 127.0.0.1:8081 or [::1]:8081; not '\(admin)'.")
    }
    guard timeout > 0 else { throw ValidationError("--timeout wants at least 1.") }
  }

  func run() throws {
    do throws(AdminCall.Failure) {
      guard let call = AdminCall(admin, timeout: timeout) else { throw .init("no HOST:PORT") }
      let answer = try call.send("GET", live ? "/livez" : "/readyz")
      let text = answer.body.prefix { !$0.isNewline }
      guard answer.status == 200 else { throw .init("\(text) (status \(answer.status))") }
      print("\(admin): \(text)")
    } catch {
      StandardError.write("\(admin): \(error)")
      throw Switchyard.Exit.no
    }
  }
}
