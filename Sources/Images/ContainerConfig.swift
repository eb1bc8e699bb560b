// What an image says about the containers made from it: the member `config` of its config.

package struct ContainerConfig: Hashable, Sendable {
    package var user = ""
    /// `80/tcp`
    package var exposedPorts: Set<String> = []
    package var environment: EnvironmentList = []
    /// Nil was never set, empty was reset; both are written as nothing, as Docker writes them.
    package var entrypoint: [String]?
    package var command: [String]?
    package var volumes: Set<String> = []
    package var workingDirectory = ""
    package var labels: [String: String] = [:]
    package var stopSignal = ""
    /// Windows only.
    package var argumentsEscaped = false
    package var healthcheck: Healthcheck?
    package var onBuild: [String] = []
    package var shell: [String]?

    package init() {}

    var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [:]
        members.set("User", user)
        members.set("ExposedPorts", exposedPorts)
        members.set("Env", environment.entries)
        members.set("Entrypoint", entrypoint)
        members.set("Cmd", command)
        members.set("Volumes", volumes)
        members.set("WorkingDir", workingDirectory)
        members.set("Labels", labels)
        members.set("StopSignal", stopSignal)
        members.set("ArgsEscaped", argumentsEscaped)
        if let healthcheck { members["Healthcheck"] = healthcheck.json }
        members.set("OnBuild", onBuild)
        members.set("Shell", shell)
        return .object(members)
    }
}

/// How Docker asks a container whether it works.
package struct Healthcheck: Hashable, Sendable {
    /// Empty inherits; `["NONE"]` switches off; `["CMD", …]` or `["CMD-SHELL", text]`.
    package var test: [String]
    /// Nanoseconds; 0 inherits. So are the other three.
    package var interval: Int64 = 0
    package var timeout: Int64 = 0
    package var startPeriod: Int64 = 0
    package var startInterval: Int64 = 0
    /// 0 inherits.
    package var retries: Int64 = 0

    package init(test: [String]) { self.test = test }

    var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [:]
        members.set("Test", test)
        members.set("Interval", interval)
        members.set("Timeout", timeout)
        members.set("StartPeriod", startPeriod)
        members.set("StartInterval", startInterval)
        members.set("Retries", retries)
        return .object(members)
    }
}

extension ContainerConfig: Decodable {
    enum CodingKeys: String, CodingKey {
        case user = "User"
        case exposedPorts = "ExposedPorts"
        case environment = "Env"
        case entrypoint = "Entrypoint"
        case command = "Cmd"
        case volumes = "Volumes"
        case workingDirectory = "WorkingDir"
        case labels = "Labels"
        case stopSignal = "StopSignal"
        case argumentsEscaped = "ArgsEscaped"
        case healthcheck = "Healthcheck"
        case onBuild = "OnBuild"
        case shell = "Shell"
    }

    private struct Nothing: Decodable {}

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        func texts(_ key: CodingKeys) throws -> [String]? { try members.decodeIfPresent([String].self, forKey: key) }
        func names(_ key: CodingKeys) throws -> Set<String> {
            Set(try members.decodeIfPresent([String: Nothing].self, forKey: key)?.keys.map { $0 } ?? [])
        }
        user = try members.decodeIfPresent(String.self, forKey: .user) ?? ""
        exposedPorts = try names(.exposedPorts)
        environment = EnvironmentList(try texts(.environment) ?? [])
        entrypoint = try texts(.entrypoint)
        command = try texts(.command)
        volumes = try names(.volumes)
        workingDirectory = try members.decodeIfPresent(String.self, forKey: .workingDirectory) ?? ""
        labels = try members.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        stopSignal = try members.decodeIfPresent(String.self, forKey: .stopSignal) ?? ""
        argumentsEscaped = try members.decodeIfPresent(Bool.self, forKey: .argumentsEscaped) ?? false
        healthcheck = try members.decodeIfPresent(Healthcheck.self, forKey: .healthcheck)
        onBuild = try texts(.onBuild) ?? []
        shell = try texts(.shell)
    }
}

extension Healthcheck: Decodable {
    enum CodingKeys: String, CodingKey {
        case test = "Test"
        case interval = "Interval"
        case timeout = "Timeout"
        case startPeriod = "StartPeriod"
        case startInterval = "StartInterval"
        case retries = "Retries"
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Int64 { try members.decodeIfPresent(Int64.self, forKey: key) ?? 0 }
        test = try members.decodeIfPresent([String].self, forKey: .test) ?? []
        interval = try number(.interval)
        timeout = try number(.timeout)
        startPeriod = try number(.startPeriod)
        startInterval = try number(.startInterval)
        retries = try number(.retries)
    }
}
