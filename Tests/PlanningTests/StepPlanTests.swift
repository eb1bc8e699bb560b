// What is planned for steps: remembered, run once, or left alone.
import Digests
import Images
import Planning
import Stages
import Testing

@Suite struct `Plan of steps` {
    private func stage(_ work: StageWork, on parent: Int? = nil, reads sources: [Int] = []) -> Stage {
        Stage(
            title: StageTitle(image: "app", name: "RUN1", text: "RUN true", place: ""), publicity: .step,
            parent: parent.map { StageIndex(image: 0, number: $0) },
            sources: sources.map { StageIndex(image: 0, number: $0) }, work: work,
            rule: NameRule(platform: nil, keyword: "RUN", inputs: []))
    }

    private var run: StageWork {
        .run(
            RunWork(
                arguments: ["true"], environment: [], workingDirectory: "/", user: "", mounts: [], network: .host,
                hosts: [], script: nil, scriptName: nil))
    }

    private func digest(_ name: String) -> StageDigest { StageDigest(of: [name]) }

    /// Two chains; the last step of the second reads the first.
    private var image: LoweredImage {
        LoweredImage(
            stages: [stage(run), stage(run, on: 0), stage(run), stage(run, on: 2, reads: [1]), stage(.config, on: 3)],
            last: StageIndex(image: 0, number: 4))
    }

    /// Steps that changed nothing.
    private func remembered(_ names: String..., on chain: BlobDigest? = nil) -> [StageDigest: RememberedStep] {
        Dictionary(uniqueKeysWithValues: names.map { (digest($0), RememberedStep(layer: nil, on: .chain(chain))) })
    }

    private var digests: [StageDigest?] { ["a", "b", "c", "d", "e"].map(digest) }

    @Test func `nothing known: every step runs`() {
        var plan = StepPlan()
        #expect(plan.fates(of: image, digests: digests, remembered: [:]) == [.run, .run, .run, .run, .config])
    }

    @Test func `a step that was made on other layers runs`() {
        var plan = StepPlan()
        let fates = plan.fates(of: image, digests: digests, remembered: remembered("c", on: BlobDigest(of: [1])))
        #expect(fates[2] == .run)
    }

    @Test func `what only a remembered step reads is not needed`() {
        var plan = StepPlan()
        let fates = plan.fates(of: image, digests: digests, remembered: remembered("c", "d"))
        #expect(fates == [.unneeded, .unneeded, .remembered, .remembered, .config])
    }

    @Test func `a layer made on a content that is gone is not remembered`() {
        var plan = StepPlan()
        let fates = plan.fates(of: image, digests: digests, remembered: remembered("d"))
        #expect(fates == [.run, .run, .run, .run, .config])
    }

    @Test func `a second image with the same step waits for the first one's`() {
        var plan = StepPlan()
        _ = plan.fates(of: image, digests: digests, remembered: [:])
        let second = LoweredImage(stages: [stage(run)], last: StageIndex(image: 1, number: 0))
        #expect(
            plan.fates(of: second, digests: [digest("a")], remembered: remembered("a"))
                == [.same(StageIndex(image: 0, number: 0))])
    }

    @Test func `a stage without a digest has no fate yet`() {
        var plan = StepPlan()
        let one = LoweredImage(stages: [stage(run)], last: StageIndex(image: 0, number: 0))
        #expect(plan.fates(of: one, digests: [nil], remembered: [:]) == [.unnamed])
        #expect(plan.stagedFates(of: one, digests: [nil], reused: [:]) == [.unnamed])
    }

    @Test func `a staged image reuses what the repo has`() {
        var plan = StepPlan()
        let id = StageID(digest: digest("a"), timestamp: 7)
        #expect(
            plan.stagedFates(of: image, digests: digests, reused: [0: id]) == [
                .reused(id), .run, .run, .run, .config,
            ])
    }

    @Test func `a whole image is made once`() {
        var plan = StepPlan()
        #expect(plan.maker(of: digest("whole"), image: 3) == nil)
        #expect(plan.maker(of: digest("whole"), image: 5) == 3)
    }
}
