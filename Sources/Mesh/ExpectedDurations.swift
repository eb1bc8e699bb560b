// How long work took in earlier builds, and what this build measured: by the names of image and stage.
import Reports
import Scheduling
import Stages

/// The keys of learned durations: they stay the same when the contents of a stage change.
enum DurationKey {
    /// - Parameter occurrence: of this title in its image: two Dockerfile stages may have a `COPY1` each.
    static func run(_ title: StageTitle, _ occurrence: Int) -> String { key("run", title, occurrence) }
    static func publish(_ title: StageTitle, _ occurrence: Int = 0) -> String { key("publish", title, occurrence) }
    /// An image that was built, from its opening to its end.
    static func image(_ name: String) -> String { "image \(name)" }

    private static func key(_ word: String, _ title: StageTitle, _ occurrence: Int) -> String {
        occurrence == 0 ? "\(word) \(title)" : "\(word) \(title) #\(occurrence + 1)"
    }
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
    /// Bytes that a stage's node likely has to fetch when it did not make what is below: nobody knows before it is made.
    static let likelyLayerBytes: Int64 = 16 << 20

    /// What the scheduler is told of the run of a stage.
    mutating func runWork(_ index: StageIndex) -> Scheduler.StageWork {
        let work = images[index.image].stages[index.number].work
        return Scheduler.StageWork(
            slot: .run, expected: durations.expected(runKey(index)), bytes: Self.likelyLayerBytes,
            movable: !work.hasSecrets)
    }

    mutating func runKey(_ index: StageIndex) -> String {
        DurationKey.run(title(of: index), images[index.image].occurrence(of: index.number))
    }

    mutating func publishKey(_ index: StageIndex) -> String {
        guard !index.isWhole else { return DurationKey.publish(title(of: index)) }
        return DurationKey.publish(title(of: index), images[index.image].occurrence(of: index.number))
    }

    /// … and of its publication, after which come stages and images that are not named yet.
    mutating func publishWork(_ index: StageIndex) -> Scheduler.StageWork {
        let expected = durations.expected(publishKey(index))
        return Scheduler.StageWork(
            slot: .transfer, expected: expected, after: expectedAfter(index), place: .node(Self.ownNode), movable: false
        )
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
            let index = StageIndex(image: image, number: number)
            let own = durations.expected(runKey(index)).addingWithoutOverflow(durations.expected(publishKey(index)))
            let total = after[number].addingWithoutOverflow(own)
            for input in images[image].stages[number].inputs {
                after[input.number] = max(after[input.number], total)
            }
        }
        images[image].expectedAfter = after
    }
}

extension ImageState {
    /// How many stages before this one have its title. Counted for all of them when one is asked for.
    fileprivate mutating func occurrence(of number: Int) -> Int {
        if occurrences.isEmpty {
            var counts: [String: Int] = [:]
            occurrences = stages.map { stage in
                defer { counts[stage.title.description, default: 0] += 1 }
                return counts[stage.title.description, default: 0]
            }
        }
        return occurrences[number]
    }
}

extension Int64 {
    /// Durations come from a file.
    fileprivate func addingWithoutOverflow(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension StageWork {
    /// Secrets go to one node only.
    var hasSecrets: Bool {
        guard case .run(let run) = self else { return false }
        return run.mounts.contains { if case .secret = $0 { true } else { false } }
    }
}
