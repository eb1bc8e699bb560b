// One image, looked at as a build would: its names, and what the repo and this node have of it.
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

struct ImageLook: Sendable {
    let image: DockerfileImage
    let number: Int
    let source: ProjectSource
    let stages: any OwnStages & PublishedLayers
    let runner: NodeRunner
    let listing: TagListing
    let repo: String
    /// Also where the repo has the whole image.
    let takesApart: Bool

    func result(_ arguments: [String: String], missing: [String]) async throws -> PreviewedImage {
        guard missing.isEmpty else {
            return PreviewedImage(
                image: image, named: NamedImage(number: number, rule: nil), state: .waits(missing))
        }
        return image.staged ? try await staged(arguments) : try await unstaged(arguments)
    }

    private func unstaged(_ arguments: [String: String]) async throws -> PreviewedImage {
        let rule = try await source.name(image: number, arguments: arguments)
        var named = NamedImage(number: number, rule: rule)
        let found = try await found(named.whole?.digest, notBefore: 0)
        if found == nil || takesApart { named.take(try await source.lower(image: number, arguments: arguments)) }
        var result = PreviewedImage(image: image, named: named, state: found.map { .found($0, $1) } ?? .missing)
        result.remembered = await runner.remembered(named.digests.compactMap { $0 })
        return result
    }

    /// Stage after stage, parents first: a stage that was found may give the next one its name.
    private func staged(_ arguments: [String: String]) async throws -> PreviewedImage {
        var named = NamedImage(number: number, rule: nil)
        let lowered = try await source.lower(image: number, arguments: arguments)
        named.take(lowered)
        var reused: [Int: StageID] = [:]
        var last: (StageID, BaseImage)?
        for (number, stage) in lowered.stages.enumerated() where stage.publicity == .published {
            guard let below = timestamp(below: stage, lowered, reused),
                let found = try await found(named.digest(number), notBefore: below)
            else { continue }
            reused[number] = found.0
            named.chosen(number, imageName: repo + ":" + found.0.description)
            if number == lowered.last.number { last = found }
        }
        var result = PreviewedImage(image: image, named: named, state: last.map { .found($0, $1) } ?? .missing)
        result.reused = reused
        return result
    }

    /// Nothing older than its parent is chosen; nil while the parent is not there.
    private func timestamp(below stage: Stage, _ lowered: LoweredImage, _ reused: [Int: StageID]) -> Int64? {
        guard let parent = stage.parent, lowered.stages[parent.number].publicity != .base else { return 0 }
        return reused[parent.number]?.timestamp
    }

    /// werf's choice among the publications that are whole; unlike a build this rejects none of them.
    private func found(_ digest: StageDigest?, notBefore: Int64) async throws -> (StageID, BaseImage)? {
        guard let digest else { return nil }
        for id in listing.candidates(of: digest, notBefore: notBefore) {
            do {
                return (id, try await stages.image(of: id))
            } catch let error as RegistryError {
                guard error.isNotFound || error.isBroken else { throw error }
            } catch is PublishingError, is ImageError {
                continue
            }
        }
        return nil
    }
}
