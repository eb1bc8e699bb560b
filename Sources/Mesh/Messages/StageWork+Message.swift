// What has to be done for a stage as a message: one field, whose tag is the case.
import Digests
import Stages

extension StageWork: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .config: fields.group(1) { _ in }
        case .base(let base): fields.message(2, base)
        case .run(let run): fields.message(3, run)
        case .copy(let copy): fields.message(4, copy)
        case .makeDirectory(let path, let owner):
            fields.group(5) { fields in
                fields.text(1, path)
                fields.text(2, owner)
            }
        case .collect: fields.group(6) { _ in }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1: self = try fields.group(1, "config") { _ in .config }
        case 2: self = .base(try fields.message(2, "base"))
        case 3: self = .run(try fields.message(3, "run"))
        case 4: self = .copy(try fields.message(4, "copy"))
        case 5:
            self = try fields.group(5, "makeDirectory") { fields throws(MessageError) in
                .makeDirectory(path: try fields.text(1, "path"), owner: try fields.text(2, "owner"))
            }
        case 6: self = try fields.group(6, "collect") { _ in .collect }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}

extension ContentSource: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .context: fields.group(1) { _ in }
        case .stage(let stage): fields.message(2, stage)
        case .scratch: fields.group(3) { _ in }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1: self = try fields.group(1, "context") { _ in .context }
        case 2: self = .stage(try fields.message(2, "stage"))
        case 3: self = try fields.group(3, "scratch") { _ in .scratch }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}
