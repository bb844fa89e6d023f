import ArgumentParser
import Coordination
import Settings

/// `switchyard purge`: has the shared cache forget what it holds of a tenant.
struct Purge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forget all stored answers of a tenant.",
    discussion: """
      Answers that are being fetched for it are not stored either. Of the tenant's limits nothing is changed. Exits 1 where Redis \
      can't be asked, or answers are in the replicas' own memory.
      """)

  @Option(help: "The tenant, by its name in the configuration, whether or not it is there still.")
  var tenant: String?

  @Flag(help: "Answers that all tenants share (cache.scope: shared), instead of a tenant's.")
  var shared = false

  @OptionGroup var options: ConfigOptions

  func validate() throws {
    guard (tenant == nil) == shared else { throw ValidationError("name either --tenant NAME or --shared") }
  }

  func run() async throws {
    do {
      let settings = try options.load()
      let address = try CacheAddress.of(settings)
      guard let purge = CachePurge(address, tenant: tenant, prefix: settings.state.keyPrefix) else {
        throw CacheAddress.Missing(description: "No answer can be stored for a tenant of that name.")
      }
      print("\(try await purge.run()) keys removed")
    } catch {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }
}

/// The Redis that has the answers.
enum CacheAddress {
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  static func of(_ settings: Settings) throws -> RedisAddress {
    if let url = settings.cache?.redis {
      return try RedisAddress(url.revealed, password: nil, caFile: url.isTLS ? settings.state.caFile : nil)
    }
    guard let url = settings.state.redis else {
      throw Missing(
        description: "There is neither cache.redis nor state.redis: answers are in each replica's own memory."
      )
    }
    return try RedisAddress(
      url.revealed, password: settings.state.password?.revealed, caFile: settings.state.caFile)
  }
}
