// How long work took in earlier builds, and what this build measured: by the names of image and stage.
import Reports
import Scheduling
import Stages

/// The keys of learned durations: they stay the same when the contents of a stage change.
enum DurationKey {
    static func run(_ title: StageTitle) -> String { "run \(title)" }
    static func publish(_ title: StageTitle) -> String { "publish \(title)" }
    /// An image that was built, from its opening to its end.
    static func image(_ name: String) -> String { "image \(name)" }
}

/// Learned durations, decoded when the first one is asked for: a build that finds everything asks for none.
struct ExpectedDurations: Sendable {
    private enum Book: Sendable {
        case encoded([UInt8])
        case decoded(DurationBook)
    }

    private var book: Book

    init(_ encoded: [UInt8]) { book = .encoded(encoded) }

    /// Nanoseconds; 0: unknown. A book that can't be read knows nothing: whoever keeps it says so.
    mutating func expected(_ key: String) -> Int64 {
        switch book {
        case .decoded(let book): return book.expected(key) ?? 0
        case .encoded(let bytes):
            let decoded = bytes.isEmpty ? DurationBook() : (try? DurationBook(decoding: bytes)) ?? DurationBook()
            book = .decoded(decoded)
            return decoded.expected(key) ?? 0
        }
    }
}

extension BuildMachine {
    /// What the scheduler is told of the run of a stage.
    mutating func runWork(_ index: StageIndex) -> Scheduler.StageWork {
        let title = images[index.image].stages[index.number].title
        return Scheduler.StageWork(slot: .run, expected: durations.expected(DurationKey.run(title)))
    }

    /// … and of its publication, after which come stages and images that are not named yet.
    mutating func publishWork(_ index: StageIndex) -> Scheduler.StageWork {
        let expected = durations.expected(DurationKey.publish(title(of: index)))
        return Scheduler.StageWork(slot: .transfer, expected: expected, after: expectedAfter(index))
    }

    private mutating func expectedAfter(_ index: StageIndex) -> Int64 {
        let image = index.image
        if expectedAfterImages.isEmpty { learnAfterImages() }
        guard !index.isWhole else { return expectedAfterImages[image] }
        if images[image].expectedAfter.isEmpty { learnAfterStages(image) }
        return images[image].expectedAfter[index.number]
    }

    /// Of the images that wait for one the slowest way counts. Dependents come later in the request than what they need.
    private mutating func learnAfterImages() {
        var after = [Int64](repeating: 0, count: images.count)
        for image in images.indices.reversed() {
            let own = durations.expected(DurationKey.image(images[image].name))
            let total = after[image].addingWithoutOverflow(own)
            for dependency in request.images[image].dependencies where dependency < image {
                after[dependency] = max(after[dependency], total)
            }
        }
        expectedAfterImages = after
    }

    /// The stages of a staged image are named one after the other: what they will take is known from earlier builds.
    private mutating func learnAfterStages(_ image: Int) {
        var after = [Int64](repeating: 0, count: images[image].stages.count)
        if let last = images[image].last { after[last.number] = expectedAfterImages[image] }
        for number in after.indices.reversed() {
            let title = images[image].stages[number].title
            let own = durations.expected(DurationKey.run(title))
                .addingWithoutOverflow(durations.expected(DurationKey.publish(title)))
            let total = after[number].addingWithoutOverflow(own)
            for input in images[image].stages[number].inputs {
                after[input.number] = max(after[input.number], total)
            }
        }
        images[image].expectedAfter = after
    }
}

extension Int64 {
    /// Durations come from a file.
    fileprivate func addingWithoutOverflow(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
