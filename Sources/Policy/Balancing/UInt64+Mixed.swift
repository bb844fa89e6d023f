extension UInt64 {
  /// murmur3's finalizer: each bit of the result depends on all.
  package var mixed: UInt64 {
    var hash = (self ^ (self >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 33)
  }
}
