// A stage order and its result as messages.
import Digests
import Reports
import Stages

extension StageOrder: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, stage)
        fields.message(2, title)
        fields.digest(3, digest)
        fields.message(4, work)
        fields.message(5, parent)
        fields.messages(6, sources.sorted { $0.key < $1.key }.map { SourceContent($0.key, $0.value) })
        fields.flag(7, isRemembered)
        fields.message(8, origins)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let stage: StageIndex = try fields.message(1, "stage")
        let title: StageTitle = try fields.message(2, "title")
        let digest = try fields.optionalStageDigest(3, "digest")
        let work: StageWork = try fields.message(4, "work")
        let parent: StageContent = try fields.message(5, "parent")
        var sources: [StageIndex: StageContent] = [:]
        for source in try fields.messages(6, "sources", as: SourceContent.self) {
            guard sources.updateValue(source.content, forKey: source.stage) == nil else {
                throw MessageError("sources", .repeated)
            }
        }
        self.init(
            stage: stage, title: title, digest: digest, work: work, parent: parent, sources: sources,
            isRemembered: try fields.flag(7, "isRemembered"), origins: try fields.optionalMessage(8, "origins"))
    }
}

extension StepOrigins: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, present: platform)
        fields.texts(2, below.map(\.messageText))
        fields.messages(3, sources.sorted { $0.key < $1.key }.map { SourceWords($0.key, $0.value) })
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let platform = try fields.optionalText(1, "platform", max: WireName.nodeBytesMax)
        let below = try fields.texts(2, "below").map(NameWord.text)
        var sources: [StageIndex: [NameWord]] = [:]
        for source in try fields.messages(3, "sources", as: SourceWords.self) {
            guard sources.updateValue(source.words, forKey: source.stage) == nil else {
                throw MessageError("sources", .repeated)
            }
        }
        self.init(platform: platform, below: below, sources: sources)
        guard isWellFormed else { throw MessageError("origins", .invalid("have a word that is no digest")) }
    }
}

extension NameWord {
    /// Orders come with every word filled in.
    fileprivate var messageText: String { if case .text(let text) = self { text } else { "" } }
}

private struct SourceWords: Message {
    let stage: StageIndex
    let words: [NameWord]

    init(_ stage: StageIndex, _ words: [NameWord]) { (self.stage, self.words) = (stage, words) }

    func write(to fields: inout FieldWriter) {
        fields.message(1, stage)
        fields.texts(2, words.map(\.messageText))
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        self.init(try fields.message(1, "stage"), try fields.texts(2, "words").map(NameWord.text))
    }
}

private struct SourceContent: Message {
    let stage: StageIndex
    let content: StageContent

    init(_ stage: StageIndex, _ content: StageContent) { (self.stage, self.content) = (stage, content) }

    func write(to fields: inout FieldWriter) {
        fields.message(1, stage)
        fields.message(2, content)
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        self.init(try fields.message(1, "stage"), try fields.message(2, "content"))
    }
}

extension StageResult: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, layer)
        fields.text(2, present: pulledFrom?.rawValue)
        fields.count(3, duration.nanoseconds)
        fields.message(4, statement)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let layer: LayerName? = try fields.optionalMessage(1, "layer")
        let source = try fields.optionalText(2, "pulledFrom", max: WireName.nodeBytesMax)
        let nanoseconds: Int64 = try fields.count(3, "duration")
        // Where the bytes came from is only told to people: a source that only a newer version knows is none.
        self.init(
            layer: layer, pulledFrom: source.flatMap(BaseSource.init(rawValue:)), duration: .nanoseconds(nanoseconds),
            statement: try fields.optionalMessage(4, "statement"))
    }
}

extension Duration {
    /// Whole nanoseconds; as many as fit.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return seconds < 0 ? .min : .max }
        let (sum, overflowsToo) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowsToo ? (seconds < 0 ? .min : .max) : sum
    }
}
