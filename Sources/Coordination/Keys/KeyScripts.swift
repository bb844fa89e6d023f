import Policy

/// The scripts that keep the records of virtual keys. `KeyStore` is their twin.
struct KeyScripts: Sendable {
  let put: Script
  let get: Script
  let revoke: Script
  let note: Script
  let changes: Script
  let list: Script
  let secret: Script

  init(clock: Script.Clock = .redis) {
    let shared = PackageResources.key_values_lua
    put = Script(shared, PackageResources.key_put_lua, clock: clock)
    get = Script(shared, PackageResources.key_get_lua, clock: clock)
    revoke = Script(shared, PackageResources.key_revoke_lua, clock: clock)
    note = Script(shared, PackageResources.key_note_lua, clock: clock)
    changes = Script(shared, PackageResources.key_changes_lua, clock: clock)
    list = Script(shared, PackageResources.key_list_lua, clock: clock)
    secret = Script(shared, PackageResources.key_secret_lua, clock: clock)
  }
}

/// What they are called with.
extension ScriptCall {
  init(_ put: KeyPut) {
    let expires = put.terms.expires?.seconds ?? 0
    self.init(
      keys: [put.record, put.mark],
      arguments: [.number(Int64(put.expected)), .number(Int64(expires))]
        + put.terms.fields.flatMap { [Word.string($0.name), .string($0.value)] })
  }

  /// For `get` and `revoke`. `id` is a virtual key's or that of a key of the configuration.
  init(recordOf id: String, _ names: KeyNames) {
    self.init(keys: [names.record(id)], arguments: [])
  }

  init(noting id: String, isListed: Bool, _ names: KeyNames, mostChanges: Int = KeyStore.mostChanges) {
    self.init(
      keys: [names.epoch, names.changes, names.ids],
      arguments: [
        .string(id), .number(isListed ? 1 : 0), .number(Int64(mostChanges)), .string(names.channel),
      ])
  }

  init(changesSince epoch: Int64, _ names: KeyNames, mostTold: Int = KeyStore.mostTold) {
    self.init(keys: [names.epoch, names.changes], arguments: [.number(epoch), .number(Int64(mostTold))])
  }

  init(listAfter id: String, count: Int, _ names: KeyNames) {
    self.init(keys: [names.ids], arguments: [.string(id), .number(Int64(count))])
  }

  init(proposing secret: KeySecret, _ names: KeyNames) {
    self.init(keys: [names.secret], arguments: [.string(secret.text)])
  }
}
