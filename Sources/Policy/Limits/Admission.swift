/// Asks for all of an exchange's charges of one tag at once: either all are taken, or none (invariant I2).
package struct Admission: Sendable {
  /// Names the exchange; the same again is answered as the first time and takes nothing.
  package let id: String
  /// Where the reservation is kept: `sy:{t:acme}:res:<id>`.
  package let reservation: String
  /// The replica, for people who look.
  package let owner: String
  /// Milliseconds after which an exchange that was never settled stays charged as it was reserved.
  package let lifetime: Int64
  /// Each of another limit.
  package let charges: [Charge]

  package init(id: String, reservation: String, owner: String, lifetime: Int64, charges: [Charge]) {
    assert(Set(charges.map(\.key)).count == charges.count, "a limit is charged twice")
    self.id = id
    self.reservation = reservation
    self.owner = owner
    self.lifetime = lifetime
    self.charges = charges
  }

  /// What is kept at `reservation` while the exchange runs.
  package var reserved: Reservation { Reservation(owner: owner, costs: charges.map(\.cost)) }

  package enum Reply: Equatable, Sendable {
    /// Taken; what each limit has left.
    case admitted(left: [Int64])
    /// This id was admitted before.
    case repeated
    /// Nothing was taken. The limit that lasts longest, how long in milliseconds (nil: for ever), and what it has left.
    case refused(charge: Int, wait: Int64?, left: Int64)
    /// Nothing was taken: a budget's window isn't that of Redis' `now`.
    case otherWindow(now: Int64)
  }
}

/// What an exchange really took, in place of what was reserved.
package struct Settling: Sendable {
  package let id: String
  package let reservation: String
  /// The same limits in the same order as at the admission, with the real costs. Of slots nothing is asked: they are given back.
  package let charges: [Charge]

  package init(id: String, reservation: String, charges: [Charge]) {
    self.id = id
    self.reservation = reservation
    self.charges = charges
  }

  package enum Reply: Equatable, Sendable {
    case settled
    /// There is no reservation: settled before, or expired and so charged as reserved. Nothing was changed.
    case gone
  }
}
