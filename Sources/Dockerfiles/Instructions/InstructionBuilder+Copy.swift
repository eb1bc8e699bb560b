// COPY and ADD: flags, sources that are paths or documents, destination.

extension InstructionBuilder {
    func copy() throws(Fault) -> CopyInstruction {
        try needsDestination()
        let flags = try Flags(
            statement.flags,
            known: [
                "from": .text, "chown": .text, "chmod": .text, "link": .yesOrNo, "parents": .yesOrNo, "exclude": .list,
            ])
        return CopyInstruction(
            sources: try sources(),
            from: try from(flags.word("from")),
            owner: flags.text("chown"),
            mode: flags.text("chmod"),
            isLinked: flags.isSet("link"),
            keepsParents: flags.isSet("parents"),
            excludes: flags.texts("exclude")
        )
    }

    func add() throws(Fault) -> AddInstruction {
        try needsDestination()
        let flags = try Flags(
            statement.flags,
            known: [
                "chown": .text, "chmod": .text, "link": .yesOrNo, "keep-git-dir": .yesOrNo, "checksum": .text,
                "unpack": .yesOrNo, "exclude": .list,
            ])
        return AddInstruction(
            sources: try sources(),
            owner: flags.text("chown"),
            mode: flags.text("chmod"),
            isLinked: flags.isSet("link"),
            keepsGitDirectory: flags.optional("keep-git-dir"),
            checksum: flags.text("checksum"),
            unpacks: flags.optional("unpack"),
            excludes: flags.texts("exclude")
        )
    }

    private func needsDestination() throws(Fault) {
        guard statement.words.count < 2 else { return }
        let name = statement.keyword.text.uppercased()
        throw Fault("\(name) requires at least two arguments: sources and a destination", at: statement.keyword.offset)
    }

    /// BuildKit refuses whatever expansion would change here, even when no variable is set.
    private func from(_ word: Word?) throws(Fault) -> String? {
        guard let word, !word.text.isEmpty else { return nil }
        guard (try? Expander(escape: escape).word(word.text, [:])) == word.text else {
            throw Fault(
                "variable expansion is not supported for --from", at: word.offset,
                hint: "define a new stage with FROM, using an ARG from the global scope")
        }
        return word.text
    }

    private func sources() throws(Fault) -> SourcesAndDestination {
        let words = statement.words
        let destination = words[words.count - 1]
        if Heredoc(marker: destination.text) != nil {
            let name = statement.keyword.text.uppercased()
            throw Fault("\(name) cannot accept a heredoc as a destination", at: destination.offset)
        }
        // As in BuildKit, of several documents with one name the last one counts.
        let contents = Dictionary(statement.heredocs.map { ($0.name, $0.content) }) { $1 }
        var result = SourcesAndDestination(paths: [], files: [], destination: destination.text)
        for word in words.dropLast() {
            guard var heredoc = Heredoc(marker: word.text) else {
                result.paths.append(word.text)
                continue
            }
            heredoc.content = contents[heredoc.name] ?? ""
            result.files.append(
                InlineFile(name: heredoc.name, content: heredoc.chompedContent, expands: heredoc.expands))
        }
        return result
    }
}
