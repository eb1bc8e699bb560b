// Where the mounts of a step really go: an image may have a link at any target.

/// Mounts with the links of their targets resolved, in an order in which none hides one below it. Of two with one place
/// the last wins.
struct MountPlaces {
    struct Place {
        let mount: StepMount
        /// Absolute, without links.
        let path: String
        /// False inside another mount: the place is then not in the root.
        var isInRoot = true
    }

    private(set) var all: [Place] = []

    init(_ mounts: [StepMount], in root: RootDirectory) throws {
        // By their targets first: what lies inside another mount is no path of the image.
        for mount in mounts.enumerated().sorted(by: Self.comesBefore).map(\.element) {
            let place = Place(mount: mount, path: try path(of: mount.target, in: root))
            try StepMount.checkPlace(place.path, of: mount.target)
            all.removeAll { $0.path == place.path }
            all.append(place)
        }
        all.sort { $0.path < $1.path }
        for index in all.indices { all[index].isInRoot = try isInRoot(all[index]) }
    }

    private static func comesBefore(
        _ left: (offset: Int, element: StepMount), _ right: (offset: Int, element: StepMount)
    ) -> Bool {
        (left.element.target, left.offset) < (right.element.target, right.offset)
    }

    /// True when `path` lies inside one of `others`.
    static func isCovered(_ path: String, by others: String...) -> Bool {
        others.contains { path.hasPrefix($0 + "/") }
    }

    private static func isInSystemMount(_ path: String) -> Bool {
        RuntimeSpec.systemMounts.contains { isCovered(path, by: $0.target) }
    }

    private func path(of target: String, in root: RootDirectory) throws -> String {
        if let cover = all.last(where: { Self.isCovered(target, by: $0.mount.target) }) {
            return cover.path + target.dropFirst(cover.mount.target.count)
        }
        return try Self.isInSystemMount(target) ? target : root.locate(try FileName(target)).text
    }

    private func isInRoot(_ place: Place) throws -> Bool {
        guard let cover = all.last(where: { Self.isCovered(place.path, by: $0.path) }) else {
            return !Self.isInSystemMount(place.path)
        }
        try Self.refuseLinks(place, in: cover)
        return false
    }

    /// A link in what is mounted would lead a mount below it to anywhere in the container.
    private static func refuseLinks(_ place: Place, in cover: Place) throws {
        guard case .descriptor(let descriptor) = cover.mount.source else { return }
        var directory = try Handle.duplicate(of: descriptor)
        for part in place.path.dropFirst(cover.path.count).split(separator: "/") {
            let name = try FileName(part)
            guard let status = try Kernel.status(name, at: directory) else { return }
            guard status.kind != .link else {
                throw SandboxError.request(
                    "nothing can be mounted at \(place.mount.target): \"\(part)\" is a link in what is mounted at "
                        + cover.mount.target)
            }
            guard status.kind == .directory else { return }
            directory = try Kernel.openDirectory(name, at: directory)
        }
    }
}
