// Flags from the environment, by werf's rules (werf.md 5.1).
import Testing

@testable import weft

@Suite struct `Flags of the environment` {
    private func arguments(
        _ flag: EnvironmentFlag, _ environment: [String: String], given: [String] = []
    ) -> [String] {
        EnvironmentFlags.arguments(of: [flag], in: environment, given: given)
    }

    @Test func `a variable is named after its flag`() {
        #expect(EnvironmentFlag("--save-build-report", .isSet).names == ["WERF_SAVE_BUILD_REPORT"])
    }

    @Test func `a text is given as it is`() {
        #expect(arguments(EnvironmentFlag("--repo", .text), ["WERF_REPO": "a b=c"]) == ["--repo=a b=c"])
    }

    @Test func `an empty text is none`() {
        #expect(arguments(EnvironmentFlag("--repo", .text), ["WERF_REPO": ""]).isEmpty)
    }

    @Test(arguments: ["1", "true", "yes"])
    func `three words set a flag`(word: String) {
        #expect(arguments(EnvironmentFlag("--dev", .isSet), ["WERF_DEV": word]) == ["--dev"])
    }

    @Test(arguments: ["", "0", "no", "TRUE", "Yes", "on", "y", " 1"])
    func `no other word sets a flag`(word: String) {
        #expect(arguments(EnvironmentFlag("--dev", .isSet), ["WERF_DEV": word]).isEmpty)
    }

    @Test(arguments: ["0", "false", "no"])
    func `three words clear a flag that is on by default`(word: String) {
        #expect(arguments(EnvironmentFlag("--parallel", .isNotCleared), ["WERF_PARALLEL": word]) == ["--no-parallel"])
    }

    @Test(arguments: ["", "1", "False", "off"])
    func `no other word clears a flag`(word: String) {
        #expect(arguments(EnvironmentFlag("--parallel", .isNotCleared), ["WERF_PARALLEL": word]).isEmpty)
    }

    @Test func `a list is a family of variables in the order of their names`() {
        let environment = [
            "WERF_DEV_IGNORE_2": "b", "WERF_DEV_IGNORE_1": "a", "WERF_DEV_IGNORE_X": "c", "WERF_DEV": "1",
        ]
        #expect(
            arguments(EnvironmentFlag("--dev-ignore", .list), environment)
                == ["--dev-ignore=a", "--dev-ignore=b", "--dev-ignore=c"])
    }

    @Test func `a list stands before what the command line adds`() {
        let flag = EnvironmentFlag("--dev-ignore", .list)
        #expect(arguments(flag, ["WERF_DEV_IGNORE_1": "a"], given: ["--dev-ignore=z"]) == ["--dev-ignore=a"])
    }

    @Test(arguments: [["--repo", "x"], ["--repo=x"]])
    func `the command line goes before the environment`(given: [String]) {
        #expect(arguments(EnvironmentFlag("--repo", .text), ["WERF_REPO": "y"], given: given).isEmpty)
    }

    @Test func `what a container's command has is no flag of weft`() {
        let added = arguments(EnvironmentFlag("--repo", .text), ["WERF_REPO": "y"], given: ["app", "--", "--repo=x"])
        #expect(added == ["--repo=y"])
    }

    @Test func `of two names the first counts`() {
        let flag = EnvironmentFlag("--platform", .text, "WERF_PLATFORM", "DOCKER_DEFAULT_PLATFORM")
        #expect(arguments(flag, ["DOCKER_DEFAULT_PLATFORM": "b"]) == ["--platform=b"])
        #expect(arguments(flag, ["DOCKER_DEFAULT_PLATFORM": "b", "WERF_PLATFORM": "a"]) == ["--platform=a"])
    }
}
