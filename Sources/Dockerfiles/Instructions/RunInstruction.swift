// RUN: a command with mounts, network, devices and here-documents.

package struct RunInstruction: Sendable, Equatable {
    package enum Network: String, Sendable, CaseIterable {
        case none, host
        case standard = "default"
    }

    package enum Security: String, Sendable, CaseIterable {
        case sandbox, insecure
    }

    package struct Device: Sendable, Equatable {
        package var name = ""
        package var isRequired = false
    }

    package var command: CommandLine
    package let heredocs: [Heredoc]
    /// The values of `--mount`, as written: mounts are read once variables are known.
    package let mountTexts: [String]
    /// Until then they have nothing but their `from`. Where variables stay unset, a field that still holds one and is no
    /// text (a type, a number, a flag) has its default.
    package internal(set) var mounts: [RunMount]
    package let network: Network
    package let security: Security
    package let devices: [Device]

    /// What the shell gets once here-documents are in: a lone document is the script itself, otherwise the documents
    /// follow the command for the shell to read. Nil in exec form.
    package var script: String? {
        guard command.prependsShell else { return nil }
        let text = command.arguments.first ?? ""
        guard let first = heredocs.first else { return text }
        if Heredoc(marker: text) != nil { return first.chompedContent }
        return heredocs.reduce(text) { $0 + "\n" + $1.content + $1.name }
    }

    /// A lone document that names its interpreter (`#!`) is a file to execute, under this name, and no shell script.
    package var executableHeredoc: Heredoc? {
        guard let text = command.arguments.first, let first = heredocs.first, Heredoc(marker: text) != nil,
            first.chompedContent.hasPrefix("#!")
        else { return nil }
        return first
    }
}
