// Every case of Tests/Conformance, as far as no file and no process is needed: configs, and what is refused.
import Dockerfiles
import Images
import Stages
import Testing

@Suite struct `Conformance with BuildKit` {
    @Test func `the cases are found`() {
        #expect(ConformanceCase.building.count >= 89)
        #expect(ConformanceCase.refused.count >= 48)
    }

    @Test(arguments: ConformanceCase.building)
    func `a building case has BuildKit's config`(_ folder: ConformanceCase) throws {
        let expected = try #require(try folder.expectedConfig())
        let config = try folder.config()
        #expect(config.environment.entries == expected.environment.entries)
        // Empty and absent are the same to every engine.
        #expect(config.command ?? [] == expected.command ?? [])
        #expect(config.entrypoint ?? [] == expected.entrypoint ?? [])
        #expect(config.shell ?? [] == expected.shell ?? [])
        #expect(config.workingDirectory == expected.workingDirectory)
        #expect(config.user == expected.user)
        #expect(config.exposedPorts == expected.exposedPorts)
        #expect(config.volumes == expected.volumes)
        #expect(config.labels == expected.labels)
        #expect(config.stopSignal == expected.stopSignal)
        #expect(config.healthcheck == expected.healthcheck)
        #expect(config.onBuild == expected.onBuild)
    }

    /// These fail at files of the context, at a server's answer or in a process: nothing of that is known here.
    private static let refusedLater: Set = [
        "err-add-404", "err-add-checksum", "err-chown-name-on-scratch", "err-copy-dir-over-file",
        "err-copy-escaped-space", "err-copy-file-over-dir", "err-copy-file-then-dir", "err-copy-ignored",
        "err-copy-missing", "err-copy-outside", "err-copy-symlink-escape", "err-mount-readonly-write",
        "err-network-none", "err-run-fails", "err-run-no-program", "err-user-unknown",
    ]

    @Test(arguments: ConformanceCase.refused.filter { !refusedLater.contains($0.name) })
    func `a case that needs no run is refused with its place`(_ folder: ConformanceCase) throws {
        do {
            _ = try folder.lowered()
            Issue.record("\(folder) is not refused")
        } catch {
            let place = folder.name == "err-unknown-target" ? "werf.yaml:1" : "Dockerfile:"
            #expect("\(error)".hasPrefix(place))
            let line = "\(error)".dropFirst("Dockerfile:".count).prefix { $0.isNumber }
            #expect(place == "werf.yaml:1" || !line.isEmpty)
        }
    }

    @Test(arguments: ConformanceCase.refused.filter { refusedLater.contains($0.name) })
    func `a case that fails when it runs is lowered`(_ folder: ConformanceCase) throws {
        #expect(!(try folder.lowered()).stages.isEmpty)
    }
}
