// The thread behind a pool of networks: it makes them ahead, watches their NAT processes, and ends them.
import CLinux
import Glibc

// Safety: descriptor arrays are passed to poll for the length of the call only.

/// All that it starts lives in a process namespace whose init is a `cat` on a pipe of ours. When this process is gone,
/// however it went, the pipe ends, so does `cat`, and the kernel kills the rest (a death signal would be lost when the
/// NAT changes its rights, prctl(2)).
struct NetworkKeeper {
    /// Its thread or its process namespace is of no more use; another keeper can go on.
    struct Lost: Error {
        let reason: String
    }

    private let pool: NetworkPool
    private let maker: NetworkMaker
    private let stop: StopSignal
    private let firstProcess: BackgroundProcess
    private let firstInput: Handle
    private let addresses: Handle
    private var rules: NetworkRules
    private var live: [Int: NetworkMaker.Made] = [:]

    /// On the thread that will call `run`, which must not be used for anything afterwards.
    init(pool: NetworkPool, stop: StopSignal) throws {
        self.pool = pool
        self.stop = stop
        if let host = pool.configuration.host {
            try Kernel.checkShim(linux_enter_network(host.raw), "enter", "the network of NATs")
        }
        maker = try NetworkMaker(pool.programs, stop: stop)
        addresses = Handle(owning: try Kernel.checkShim(linux_address_watch(), "watch", "addresses"))
        rules = NetworkRules(node: try NodeAddresses.now(), refused: pool.configuration.refused)
        try Kernel.checkShim(linux_new_process_namespace(), "make", "a process namespace")
        let input = try ChildProcess.pipe()
        firstProcess = try BackgroundProcess([pool.programs.cat], input: input.read)
        firstInput = input.write
    }

    /// Until the stop signal is raised.
    mutating func run() throws {
        defer { endAll() }
        while true {
            for number in pool.returned() { end(number) }
            if let number = pool.nextNumber(live: live.count) {
                if try !make(number) { return }
            } else if try !handleEvents() {
                return
            }
        }
    }

    /// False when the stop signal came.
    private mutating func make(_ number: Int) throws -> Bool {
        do {
            let made = try maker.make(rules)
            live[number] = made
            pool.add(number, made)
        } catch is CancellationError {
            return false
        } catch let lost as Lost {
            throw lost
        } catch {
            pool.failed(error)
        }
        return true
    }

    /// Sleeps until something happens and reacts; false when the stop signal came.
    private mutating func handleEvents() throws -> Bool {
        let numbers = live.keys.sorted()
        let watched =
            [stop.handle.raw, pool.wake.handle.raw, addresses.raw, firstProcess.exit.raw]
            + numbers.compactMap { live[$0]?.nat.exit.raw }
        var ready = [UInt8](repeating: 0, count: watched.count)
        try Kernel.checkShim(
            unsafe linux_wait_readable_many(watched, &ready, CInt(watched.count), -1), "wait for", "networks")
        if ready[0] != 0 { return false }
        if ready[1] != 0 { pool.wake.lower() }
        if ready[3] != 0 { throw Lost(reason: "their first process ended") }
        for (number, _) in zip(numbers, ready.dropFirst(4)).filter({ $0.1 != 0 }) { lose(number) }
        if ready[2] != 0 { try refreshRules() }
        return true
    }

    /// A NAT process that ended by itself.
    private mutating func lose(_ number: Int) {
        let complaint = live[number]?.nat.complaint ?? ""
        end(number)
        pool.lost(number, complaint: complaint)
    }

    private mutating func end(_ number: Int) { live.removeValue(forKey: number)?.nat.end() }

    /// The node's addresses changed: networks of running steps get the new rules, too. One that can't is ended.
    private mutating func refreshRules() throws {
        linux_skip_messages(addresses.raw)
        let now = try NodeAddresses.now()
        guard now != rules.node else { return }
        rules.node = now
        for (number, made) in live {
            do {
                try maker.replaceRules(of: made, by: rules)
            } catch let lost as Lost {
                throw lost
            } catch {
                lose(number)
            }
        }
    }

    private mutating func endAll() {
        for number in live.keys.sorted() { end(number) }
        firstProcess.end()
        withExtendedLifetime(firstInput) {}
    }
}
