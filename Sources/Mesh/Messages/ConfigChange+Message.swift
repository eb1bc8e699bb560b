// A change of an image's configuration as a message: one field, whose tag is the case.
import Images
import Stages

extension ConfigChange: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .environment(let name, let value): fields.pair(1, name, value)
        case .label(let name, let value): fields.pair(2, name, value)
        case .command(let words): fields.group(3) { $0.texts(1, words) }
        case .entrypoint(let words, let dropsCommand):
            fields.group(4) { fields in
                fields.texts(1, words)
                fields.flag(2, dropsCommand)
            }
        case .workingDirectory(let path): fields.text(5, present: path)
        case .user(let user): fields.text(6, present: user)
        case .expose(let ports): fields.group(7) { $0.texts(1, ports) }
        case .volumes(let paths): fields.group(8) { $0.texts(1, paths) }
        case .stopSignal(let signal): fields.text(9, present: signal)
        case .shell(let words): fields.group(10) { $0.texts(1, words) }
        case .healthcheck(let healthcheck): fields.message(11, healthcheck)
        case .onBuild(let trigger): fields.text(12, present: trigger)
        case .clearOnBuild: fields.group(13) { _ in }
        case .author(let author): fields.text(14, present: author)
        case .history(let createdBy, let isEmptyLayer):
            fields.group(15) { fields in
                fields.text(1, createdBy)
                fields.flag(2, isEmptyLayer)
            }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1:
            let (name, value) = try fields.pair(1, "environment")
            self = .environment(name: name, value: value)
        case 2:
            let (name, value) = try fields.pair(2, "label")
            self = .label(name: name, value: value)
        case 3: self = .command(try fields.words(3, "command"))
        case 4:
            self = try fields.group(4, "entrypoint") { fields throws(MessageError) in
                .entrypoint(try fields.texts(1, "words"), dropsCommand: try fields.flag(2, "dropsCommand"))
            }
        case 5: self = .workingDirectory(try fields.text(5, "workingDirectory"))
        case 6: self = .user(try fields.text(6, "user"))
        case 7: self = .expose(try fields.words(7, "expose"))
        case 8: self = .volumes(try fields.words(8, "volumes"))
        default: self = try Self.rest(&fields)
        }
    }

    private static func rest(_ fields: inout FieldReader) throws(MessageError) -> ConfigChange {
        switch try fields.caseTag() {
        case 9: .stopSignal(try fields.text(9, "stopSignal"))
        case 10: .shell(try fields.words(10, "shell"))
        case 11: .healthcheck(try fields.message(11, "healthcheck"))
        case 12: .onBuild(try fields.text(12, "onBuild"))
        case 13: try fields.group(13, "clearOnBuild") { _ in .clearOnBuild }
        case 14: .author(try fields.text(14, "author"))
        case 15:
            try fields.group(15, "history") { fields throws(MessageError) in
                .history(
                    createdBy: try fields.text(1, "createdBy"), isEmptyLayer: try fields.flag(2, "isEmptyLayer"))
            }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}

extension FieldWriter {
    fileprivate mutating func pair(_ tag: Int, _ name: String, _ value: String) {
        group(tag) { fields in
            fields.text(1, name)
            fields.text(2, value)
        }
    }
}

extension FieldReader {
    fileprivate mutating func pair(_ tag: Int, _ name: String) throws(MessageError) -> (String, String) {
        try group(tag, name) { fields throws(MessageError) in
            (try fields.text(1, "name"), try fields.text(2, "value"))
        }
    }

    fileprivate mutating func words(_ tag: Int, _ name: String) throws(MessageError) -> [String] {
        try group(tag, name) { fields throws(MessageError) in try fields.texts(1, "words") }
    }
}

extension Healthcheck: Message {
    package func write(to fields: inout FieldWriter) {
        fields.texts(1, test)
        fields.signed(2, interval)
        fields.signed(3, timeout)
        fields.signed(4, startPeriod)
        fields.signed(5, startInterval)
        fields.signed(6, retries)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(test: try fields.texts(1, "test"))
        interval = try fields.signed(2, "interval")
        timeout = try fields.signed(3, "timeout")
        startPeriod = try fields.signed(4, "startPeriod")
        startInterval = try fields.signed(5, "startInterval")
        retries = try fields.signed(6, "retries")
    }
}
