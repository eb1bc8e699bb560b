// One change of an image's configuration, as a Dockerfile instruction makes it.
package import Images

package enum ConfigChange: Hashable, Sendable {
    case environment(name: String, value: String)
    case label(name: String, value: String)
    case command([String])
    /// An ENTRYPOINT also drops a command that was inherited and not set in the same Dockerfile stage.
    case entrypoint([String], dropsCommand: Bool)
    case workingDirectory(String)
    case user(String)
    case expose([String])
    case volumes([String])
    case stopSignal(String)
    case shell([String])
    case healthcheck(Healthcheck)
    case onBuild(String)
    /// The triggers of the base were run by this Dockerfile stage, and are spent.
    case clearOnBuild
    case author(String)
    /// A line of the image's history: who made the layer, and whether there is one.
    case history(createdBy: String, isEmptyLayer: Bool)

    /// Applies the change; `created` (RFC 3339) stamps history entries.
    package func apply(to image: inout ImageConfig, created: String?) {
        switch self {
        case .environment(let name, let value): image.config.environment[name] = value
        case .label(let name, let value): image.config.labels[name] = value
        case .command(let command): image.config.command = command
        case .entrypoint(let entrypoint, let dropsCommand):
            image.config.entrypoint = entrypoint
            if dropsCommand { image.config.command = nil }
        case .workingDirectory(let path): image.config.workingDirectory = path
        case .user(let user): image.config.user = user
        case .expose(let ports): image.config.exposedPorts.formUnion(ports)
        case .volumes(let volumes): image.config.volumes.formUnion(volumes)
        case .stopSignal(let signal): image.config.stopSignal = signal
        case .shell(let shell): image.config.shell = shell
        case .healthcheck(let healthcheck): image.config.healthcheck = healthcheck
        case .onBuild(let trigger): image.config.onBuild.append(trigger)
        case .clearOnBuild: image.config.onBuild = []
        case .author(let author): image.author = author
        case .history(let createdBy, let isEmptyLayer):
            image.history.append(
                HistoryEntry(created: created, createdBy: createdBy, comment: "weft", isEmptyLayer: isEmptyLayer))
        }
    }
}

extension ImageConfig {
    /// What the changes make of this configuration.
    package func applying(_ changes: [ConfigChange], created: String?) -> ImageConfig {
        var image = self
        for change in changes { change.apply(to: &image, created: created) }
        return image
    }
}
