// How one network comes about: a namespace, rules, a NAT process, and the wait until it carries.
import CLinux
import Glibc

// Safety: descriptor arrays are passed to poll for the length of the call only.

/// Belongs to one thread, which it takes into other namespaces and back.
struct NetworkMaker {
    /// How long one network may take to carry.
    private static let readyLimit = Duration.seconds(10)

    let programs: NetworkPrograms
    /// The network of this host.
    let host: Handle
    let stop: StopSignal

    struct Made {
        let nat: BackgroundProcess
        let namespace: Handle
    }

    init(_ programs: NetworkPrograms, stop: StopSignal) throws {
        self.programs = programs
        self.stop = stop
        host = try Kernel.open("/proc/thread-self/ns/net", flags: O_RDONLY)
    }

    /// Throws `CancellationError` when the stop signal is raised.
    func make(_ rules: NetworkRules) throws -> Made {
        let (input, holder) = try startHolder()
        defer {
            holder.end()
            withExtendedLifetime(input) {}
        }
        let namespace = try Kernel.open(try FileName("/proc/\(holder.process)/ns/net"), flags: O_RDONLY)
        guard try Kernel.status(of: namespace).inode != Kernel.status(of: host).inode else {
            throw SandboxError.host("the network namespace for a step could not be made")
        }
        let v6 = try inside(namespace) {
            allowPing()
            try load(rules)
            return rules.node.hasGlobalV6 && refuseAdvertisements()
        }
        let made = Made(nat: try startNAT(of: holder, v6: v6), namespace: namespace)
        guard v6 else { return made }
        do {
            try inside(namespace) { try configureV6() }
        } catch {
            made.nat.end()
            throw error
        }
        return made
    }

    /// The NAT would tell of a route to everywhere. False on a host whose new networks have no IPv6.
    private func refuseAdvertisements() -> Bool {
        for (name, value) in [("accept_ra", "0"), ("disable_ipv6", "0")] {
            guard let path = try? FileName("/proc/sys/net/ipv6/conf/default/\(name)"),
                let file = try? Kernel.open(path, flags: O_WRONLY),
                (try? Kernel.writeAll(Array(value.utf8), to: file)) != nil
            else { return false }
        }
        return true
    }

    private func configureV6() throws {
        let global = NetworkRules.global6
        let code = unsafe linux_add_v6(
            NetworkPrograms.interface, NetworkRules.address6, global.prefix, global.length, NetworkRules.gateway6)
        try Kernel.checkShim(code, "give an IPv6 address to", "a step's network")
    }

    /// Puts `rules` in place of those that the network has.
    func replaceRules(of made: Made, by rules: NetworkRules) throws {
        try inside(made.namespace) { try load(rules) }
    }

    /// The holder echoes a byte when its namespaces are there.
    private func startHolder() throws -> (input: Handle, holder: BackgroundProcess) {
        let input = try ChildProcess.pipe()
        try Kernel.writeAll([0], to: input.write)
        let holder = try BackgroundProcess(programs.holder, input: input.read)
        do {
            try wait(for: holder.output, of: holder, "unshare")
        } catch {
            holder.end()
            throw error
        }
        return (input.write, holder)
    }

    private func startNAT(of holder: BackgroundProcess, v6: Bool) throws -> BackgroundProcess {
        let ready = try ChildProcess.pipe()
        let nat = try BackgroundProcess(programs.nat(of: holder.process, v6: v6), input: ready.write)
        do {
            try wait(for: ready.read, of: nat, "slirp4netns")
        } catch {
            nat.end()
            throw error
        }
        return nat
    }

    /// Waits until `watch` is readable; throws when `process` ends before.
    private func wait(for watch: Handle, of process: BackgroundProcess, _ name: String) throws {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: Self.readyLimit)
        while clock.now < deadline {
            let watched = [stop.handle.raw, process.exit.raw, watch.raw]
            let ready = try Kernel.checkShim(unsafe linux_wait_readable(watched, 3, 100), "wait for", name)
            if ready & 1 != 0 { throw CancellationError() }
            if ready & 2 != 0 { break }
            if ready & 4 != 0 { return }
        }
        throw SandboxError.host(
            "no network of its own for a step: \(name) "
                + (clock.now < deadline ? "ended: \(process.complaint)" : "did not come up within \(Self.readyLimit)"))
    }

    /// A thread that can't come back is of no use: the error is then the caller's end.
    private func inside<Result>(_ namespace: Handle, _ body: () throws -> Result) throws -> Result {
        try Kernel.checkShim(linux_enter_network(namespace.raw), "enter", "a step's network")
        let result = Swift.Result { try body() }
        let code = linux_enter_network(host.raw)
        guard code >= 0 else { throw NetworkKeeper.Lost(reason: "the host's network: \(SystemError.text(-code))") }
        return try result.get()
    }

    private func load(_ rules: NetworkRules) throws {
        let answer = try ChildProcess.run([programs.nft, rules.text])
        guard answer.code == 0 else {
            throw SandboxError.host("no network of its own for a step: nft says: \(answer.text.prefix(500))")
        }
    }

    /// ping without CAP_NET_RAW (icmp(7)); a host without this setting only lacks ping.
    private func allowPing() {
        guard let file = try? Kernel.open("/proc/sys/net/ipv4/ping_group_range", flags: O_WRONLY) else { return }
        try? Kernel.writeAll(Array("0 2147483647".utf8), to: file)
    }
}
