/// What endpoints are called in metrics, logs and in what replicas tell each other: `lab/10.0.0.5:8000`.
///
/// Where one provider has several base URLs at a host and port, their paths follow: `lab/10.0.0.5:8000/small/v1`; and where these are the
/// same too, the scheme is in it: `lab/https://10.0.0.5/v1`. `#2` marks a second credential.
enum EndpointNames {
  /// From the shortest on.
  private enum Form: CaseIterable { case authority, path, scheme }

  /// One for each, in the same order: the same for all replicas that have the same configuration.
  static func ids(_ identities: [Endpoint.Identity]) -> [String] {
    var ids = identities.map { id($0) }
    for form in Form.allCases.dropFirst() {
      // Several addresses of one name have its URL, and two names may have one address.
      var places: [String: Set<String>] = [:]
      for (id, identity) in zip(ids, identities) {
        places[id, default: []].insert(identity.parts.scheme + String(identity.parts.path))
      }
      for (place, identity) in identities.enumerated() where (places[ids[place]]?.count ?? 0) > 1 {
        ids[place] = id(identity, form)
      }
    }
    return ids
  }

  /// As it is where nothing else is there.
  static func id(_ identity: Endpoint.Identity) -> String { id(identity, .authority) }

  private static func id(_ identity: Endpoint.Identity, _ form: Form) -> String {
    let (scheme, authority, path) = identity.parts
    let place = identity.address ?? String(authority)
    // What separates loads from one another (`EndpointLoads`).
    let rest = form == .authority ? "" : path.replacing(";", with: "%3B")
    return "\(identity.provider)/\(form == .scheme ? scheme : "")\(place)\(rest)"
      + (identity.credential > 0 ? "#\(identity.credential + 1)" : "")
  }
}
