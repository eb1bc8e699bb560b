// A COPY or ADD as a message.
import Digests
import Stages

extension CopyWork: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, source)
        fields.texts(2, patterns)
        fields.messages(3, inlineFiles)
        fields.messages(4, remoteFiles)
        fields.text(5, destination)
        fields.flag(6, destinationIsDirectory)
        fields.text(7, present: owner)
        fields.text(8, present: mode)
        fields.texts(9, excludes)
        fields.flag(10, keepsParents)
        fields.flag(11, isLinked)
        fields.flag(12, unpacksArchives)
        fields.flag(13, unpacksRemoteFiles)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            source: try fields.message(1, "source"), patterns: try fields.texts(2, "patterns"),
            inlineFiles: try fields.messages(3, "inlineFiles"), remoteFiles: try fields.messages(4, "remoteFiles"),
            destination: try fields.text(5, "destination"),
            destinationIsDirectory: try fields.flag(6, "destinationIsDirectory"),
            owner: try fields.optionalText(7, "owner"), mode: try fields.optionalText(8, "mode"),
            excludes: try fields.texts(9, "excludes"), keepsParents: try fields.flag(10, "keepsParents"),
            isLinked: try fields.flag(11, "isLinked"), unpacksArchives: try fields.flag(12, "unpacksArchives"),
            unpacksRemoteFiles: try fields.flag(13, "unpacksRemoteFiles"))
    }
}

extension InlineFile: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.data(2, bytes)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            name: try fields.text(1, "name"), bytes: try fields.data(2, "bytes", max: MessageLimits.fileBytesMax))
    }
}

extension RemoteFile: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, url)
        fields.digest(2, checksum)
        fields.digest(3, content)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(
            url: try fields.text(1, "url"), checksum: try fields.optionalBlobDigest(2, "checksum"),
            content: try fields.optionalBlobDigest(3, "content"))
    }
}
