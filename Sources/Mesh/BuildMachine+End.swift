// How a build ends: stopped, failed, or done, and what has come of it.
package import Digests
package import Reports
import Scheduling
package import Stages

extension BuildMachine {
    mutating func fail(_ message: String) -> [Effect] {
        if failure == nil { failure = message }
        return stop(.shutdown)
    }

    mutating func stop(_ reason: Scheduler.StopReason) -> [Effect] {
        phase = .stopping
        return schedule(.cancelled(Self.build, reason))
    }

    mutating func ended(_ outcome: Scheduler.BuildOutcome) -> [Effect] {
        guard case .done = outcome, failure == nil else {
            if failure == nil, case .cancelled(let reason) = outcome { failure = Self.text(reason) }
            if request.keepsGoing, case .failed(_, let count) = outcome, count > 1 {
                failure = "\(failure ?? "") (of \(count) stages that failed this was the first)"
            }
            return end()
        }
        guard request.mode == .build else { return end() }
        // All images are done: what werf's cleanup must know is written last. As in werf the names of all images are
        // made sure of as soon as anything was built.
        phase = .keeping
        let isNew = images.contains(where: \.isNew)
        return [.keep(records.map { KeptImage(name: $0.name, stage: $0.facts.id, isNew: isNew) })]
    }

    mutating func keepingStep(_ event: Event) -> [Effect] {
        switch event {
        case .kept: return end()
        case .failed(let message):
            failure = message
            return end()
        case .cancelled(let reason):
            failure = Self.text(reason)
            return end()
        default: return []
        }
    }

    private mutating func end() -> [Effect] {
        phase = .over
        return [.end(outcome())]
    }

    static func text(_ reason: Scheduler.StopReason) -> String {
        switch reason {
        case .user: "stopped by the user"
        case .deadline: "stopped: the time limit was reached"
        case .tooManyStages(let limit): "the build has more than \(limit) stages"
        case .shutdown, .failed, .overtaken, .replaced: "the build was stopped"
        }
    }

    /// Of the images that are done, each after those inside it.
    private var records: [ImageRecord] {
        images.indices.flatMap { image in images[image].record.map { internalRecords(image) + [$0] } ?? [] }
    }

    /// What has come of the build so far.
    func outcome() -> BuildOutcome {
        BuildOutcome(
            records: records, missing: images.flatMap(\.missing), failure: failure, durations: measured,
            mustPlanAgain: mustPlanAgain)
    }
}

/// What a build came to.
package struct BuildOutcome: Sendable {
    /// Of the images that are done, in the request's order, each after the images inside it.
    package let records: [ImageRecord]
    /// Stages that a check did not find.
    package let missing: [MissingStage]
    /// Nil when everything was done.
    package let failure: String?
    /// Nanoseconds that runs, publications and images took, by keys that stay the same when contents change.
    package let durations: [String: Int64]
    /// It failed because something was lost with a node: the same request may succeed now.
    package let mustPlanAgain: Bool
}

package struct MissingStage: Hashable, Sendable {
    package let title: StageTitle
    package let digest: StageDigest
}
