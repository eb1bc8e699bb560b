// One network for one step: a namespace behind a NAT process, ready before the step is.
import CLinux
import Glibc
import Synchronization

// Safety: a descriptor array is passed to poll for the length of the call only.

/// Serves one step and is then taken apart: what a hostile step may have done to its NAT process reaches no other step.
/// It ends with `end`, or when nobody holds it any more.
package final class PooledNetwork: Sendable {
    let number: Int
    /// The network namespace; it lives as long as this handle, the NAT, or a process in it.
    let namespace: Handle
    /// Readable when the NAT process has ended.
    let exit: Handle
    private let isClaimed = Mutex(false)
    private let returned: @Sendable (Int) -> Void

    init(number: Int, namespace: Handle, exit: Handle, returned: @escaping @Sendable (Int) -> Void) {
        self.number = number
        self.namespace = namespace
        self.exit = exit
        self.returned = returned
    }

    deinit { returned(number) }

    /// False when the NAT process is gone: nothing leads out any more.
    package var isAlive: Bool { unsafe linux_wait_readable([exit.raw], 1, 0) == 0 }

    /// Takes the network apart; may be called any number of times.
    package func end() { returned(number) }

    /// What a runtime opens to join. No mount and no process is needed for it.
    var path: String { "/proc/\(getpid())/fd/\(namespace.raw)" }

    /// The one step that gets this network.
    func claim() throws(SandboxError) {
        let first = isClaimed.withLock { isClaimed in
            defer { isClaimed = true }
            return !isClaimed
        }
        guard first else { throw .request("a network of its own serves one step: take another from the pool") }
        guard isAlive else { throw .host("the network's NAT process ended before the step began") }
    }

    /// The step's resolv.conf: the NAT's own address for questions, the rest as in the host's.
    static func resolver(host: [UInt8]) -> [UInt8] {
        let kept = host.split(separator: UInt8(ascii: "\n")).filter { line in
            ["search", "domain", "options"].contains { word in
                line.starts(with: word.utf8) && [9, 32].contains(line.dropFirst(word.utf8.count).first)
            }
        }
        return Array("nameserver \(NetworkRules.resolver)\n".utf8) + kept.flatMap { $0 + [UInt8(ascii: "\n")] }
    }
}
