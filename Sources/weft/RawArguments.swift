// Paths of the command line as the bytes that they are: text would lose what is not UTF-8.
import FileTrees
import Glibc

enum RawArguments {
    /// The bytes of `arguments`, which are some of the command line's, in its order.
    static func bytes(of arguments: [String]) -> [PathBytes] { bytes(of: arguments, in: all) }

    static func bytes(of arguments: [String], in raw: [PathBytes]) -> [PathBytes] {
        var rest = raw[...]
        return arguments.map { argument in
            // Only where a byte was replaced do the two differ.
            guard argument.unicodeScalars.contains("\u{FFFD}"),
                let place = rest.firstIndex(where: { String(decoding: $0, as: UTF8.self) == argument })
            else { return PathBytes(argument.utf8) }
            rest = rest[(place + 1)...]
            return raw[place]
        }
    }

    private static var all: [PathBytes] {
        (0..<Int(CommandLine.argc)).map { index in
            guard let text = unsafe CommandLine.unsafeArgv[index] else { return [] }
            return unsafe PathBytes(UnsafeRawBufferPointer(start: text, count: strlen(text)))
        }
    }
}
