// RUN: the process in its container.
import BlobStore
import Digests
import Mesh
import Reports
import Sandbox
import Stages
import SystemPackage

extension NodeRunner {
    func run(
        _ work: RunWork, _ order: StageOrder, _ merged: String, _ place: StagePlace,
        report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        let runtime = try runtimes.runtime()
        await runtime.warmUp(
            workDirectory: store.work.path.string, stateRoot: stateRoot, cache: RuntimeChoice.filterFolder)
        let bundle = try place.makeFolder("bundle")
        var request = RunRequest(
            rootfs: merged, workDirectory: bundle.string, stateRoot: stateRoot, id: identifier(place),
            arguments: work.arguments)
        request.environment = work.environment + work.proxies
        request.workingDirectory = work.workingDirectory
        request.user = work.user
        request.network = try await network(of: work)
        request.limits = policy.limits
        request.extraHosts = try work.hosts.map(Self.host)
        let mounts = try await StepMountMaker(runner: self, order: order, place: place, report: report).make(work)
        request.mounts = mounts.mounts
        request.secretEnvironment = mounts.secretEnvironment
        let lines = OutputLines(title: order.title, secrets: mounts.secrets, report: report)
        let outcome = try await runtime.run(request) { kind, bytes in lines.append(bytes, isError: kind.isError) }
        lines.finish()
        withExtendedLifetime(mounts) {}
        try check(outcome, work, order)
    }

    private func network(of work: RunWork) async throws -> RunRequest.Network {
        guard work.network != .none else { return .none }
        switch policy.network {
        case .host: return .host
        case .none: return .none
        case .own(let pool): return .nat(try await pool.take())
        }
    }

    private func check(_ outcome: RunOutcome, _ work: RunWork, _ order: StageOrder) throws {
        guard outcome.exitCode != 0 else { return }
        let reason =
            outcome.outOfMemory
            ? "ran out of memory"
            : outcome.outOfProcesses
                ? "ran out of processes"
                : outcome.signal.map { "was ended by signal \($0)" } ?? "ended with exit code \(outcome.exitCode)"
        throw BuildingError("the command \(reason): \(order.title.text)")
    }

    /// Unique on this host: the work area and the stage's folder in it are.
    private func identifier(_ place: StagePlace) -> String {
        let name = BlobDigest(of: Array(place.path.string.utf8))
        return "weft-" + name.hex.prefix(24)
    }

    /// `host:address`; the address may itself hold colons.
    private static func host(_ text: String) throws -> ExtraHost {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw BuildingError("\"\(text)\" of addHost is no host and address: write host:address")
        }
        return ExtraHost(address: String(text[text.utf8.index(after: colon)...]), name: String(text[..<colon]))
    }
}

extension StepOutput {
    var isError: Bool { if case .error = self { true } else { false } }
}
