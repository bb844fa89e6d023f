/// Of a process that is stopped, as by SIGSTOP: what falls due for it meanwhile happens once it goes on, in the same order.
final class Standstill {
  private(set) var isOn = false
  private var waiting: [() -> Void] = []

  func run(_ body: @escaping () -> Void) {
    if isOn { waiting.append(body) } else { body() }
  }

  func begin() { isOn = true }

  func end() {
    isOn = false
    let bodies = waiting
    waiting = []
    for body in bodies { body() }
  }
}
