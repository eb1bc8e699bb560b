// What a build that starts now would find and do: read and named as a build does it, nothing made and nothing changed.
import Building
import Digests
import Images
import Mesh
import Naming
import Planning
import Projects
import Publishing
import Registry
import Stages

/// How far one image could be looked at.
struct PreviewedImage: Sendable {
    enum State: Sendable {
        /// Names of images that must be built first.
        case waits([String])
        case found(StageID, BaseImage)
        case missing
    }

    let image: DockerfileImage
    var named: NamedImage
    var state: State
    /// Of a staged image: stages that the repo has.
    var reused: [Int: StageID] = [:]
    /// Steps whose layer this node knows.
    var remembered: [StageDigest: RememberedStep] = [:]
    var fates: [StageFate] = []
    /// The image that makes the same digest.
    var sameAs: String?
}

struct BuildPreview {
    /// What is wanted; reading less is faster.
    enum Depth {
        /// Images that the repo has are not taken apart.
        case plan
        case stages
    }

    private let opened: OpenedProject
    private let parts: NodeParts
    private let source: ProjectSource
    private let stages: any OwnStages & PublishedLayers
    private let runner: NodeRunner
    private let requests: [ImageRequest]
    private let listing: TagListing
    private let depth: Depth

    /// Images that are looked at together: each may hold connections, or the files of a context, open.
    private static let imagesAtOnce = 8

    init(_ opened: OpenedProject, _ parts: NodeParts, images patterns: [String], depth: Depth) async throws {
        self.opened = opened
        self.parts = parts
        self.depth = depth
        requests = try opened.requests(opened.project.select(patterns).needed)
        let table = try parts.table(opened, requests.map(\.image))
        let supply = try parts.supply(opened.project)
        source = try parts.source(opened, table)
        stages = try parts.ownStages(opened.project)
        runner = parts.runner(table, supply)
        listing = TagListing(try await parts.repo(opened, supply).tags(), now: NodeParts.now())
    }

    /// In the order of a build: dependencies before those that need them.
    func images() async throws -> [PreviewedImage] {
        var known: [String: PreviewedImage] = [:]
        for set in opened.project.sets(of: requests.map(\.image.name)) {
            let names = Set(set)
            let numbers = requests.indices.filter { names.contains(requests[$0].image.name) }
            for image in try await look(at: numbers, known) { known[image.image.name] = image }
        }
        var plan = StepPlan()
        return requests.enumerated().compactMap { number, request in
            known[request.image.name].map { planned($0, number, &plan) }
        }
    }

    private func look(at numbers: [Int], _ known: [String: PreviewedImage]) async throws -> [PreviewedImage] {
        let looks = numbers.map { number in
            let look = ImageLook(
                image: requests[number].image, number: number, source: source, stages: stages, runner: runner,
                listing: listing, repo: parts.repoName(opened.project), takesApart: depth == .stages)
            return (look, arguments(of: requests[number].image, known))
        }
        return try await mapBounded(looks, atOnce: Self.imagesAtOnce) { look, given in
            try await look.result(given.arguments, missing: given.missing)
        }
    }

    /// What dependencies give to build arguments, and which of them can't give it yet.
    private func arguments(
        of image: DockerfileImage, _ known: [String: PreviewedImage]
    ) -> (arguments: [String: String], missing: [String]) {
        var arguments: [String: String] = [:]
        var missing: [String] = []
        for dependency in image.dependencies {
            guard case .found(let id, let base)? = known[dependency.image]?.state else {
                missing.append(dependency.image)
                continue
            }
            for item in dependency.imports {
                arguments[item.targetBuildArg] = value(item.type, id, base)
            }
        }
        return (arguments, missing)
    }

    private func value(_ type: Dependency.ImportType, _ id: StageID, _ base: BaseImage) -> String {
        let repo = parts.repoName(opened.project)
        return switch type {
        case .imageName: repo + ":" + id.description
        case .imageTag: id.description
        case .imageRepo: repo
        case .imageID: base.manifest.config.digest.description
        case .imageDigest: parts.isLocal ? "" : base.manifestDigest.description
        }
    }

    /// The fates of what must be made, where a digest is made once.
    private func planned(_ image: PreviewedImage, _ number: Int, _ plan: inout StepPlan) -> PreviewedImage {
        guard case .missing = image.state, let lowered = image.named.lowered else { return image }
        var image = image
        if image.image.staged {
            image.fates = plan.stagedFates(of: lowered, digests: image.named.digests, reused: image.reused)
            return image
        }
        if let whole = image.named.whole, let maker = plan.maker(of: whole.digest, image: number) {
            image.sameAs = requests[maker].image.displayName
        } else {
            image.fates = plan.fates(of: lowered, digests: image.named.digests, remembered: image.remembered)
        }
        return image
    }
}
