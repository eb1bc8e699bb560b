// What a configuration may read. Which commit or folder answers, and under which rules, is decided by who fulfils it.

/// Paths are relative to the project's root, with `/`, cleaned, without a leading slash.
/// A fulfiller throws when reading is forbidden (a file that is not committed, say): the thrown text is shown.
package protocol ProjectFiles: Sendable {
    /// The file's bytes; nil when there is no such file.
    func read(_ path: String) throws -> [UInt8]?
    /// These are going to be read: they may be fetched all at once. What is wrong with them is told when they are read.
    func expect(_ paths: [String])
    /// True for files and folders.
    func exists(_ path: String) throws -> Bool
    /// True for a file that stands on the disk or in the commit, whether it may be read or not.
    func isAnywhere(_ path: String) throws -> Bool
    func isDirectory(_ path: String) throws -> Bool
    /// Files, not folders, that match a doublestar pattern; sorted. `PathPattern` does the matching.
    func glob(_ pattern: String) throws -> [String]
    /// All files under a folder, at any depth, as paths from the project's root; sorted. Empty when there is none.
    func list(under folder: String) throws -> [String]
}

extension ProjectFiles {
    package func expect(_ paths: [String]) {}
}

/// The same files as each kind of reader may see them: giterminism allows exceptions for each kind apart.
package struct ProjectFileSet: Sendable {
    /// For werf.yaml itself.
    package let config: any ProjectFiles
    /// For the templates of the templates folder.
    package let templates: any ProjectFiles
    /// For `.Files` of templates.
    package let templateFiles: any ProjectFiles
    package let dockerfiles: any ProjectFiles
    package let ignoreFiles: any ProjectFiles
    /// For what knows no exceptions: giterminism's own file, includes.
    package let others: any ProjectFiles

    /// `view` gives the files with exceptions for the paths, from the project's root, that its argument accepts.
    package init(under rules: Giterminism, view: (@escaping @Sendable (String) -> Bool) -> any ProjectFiles) {
        config = view { _ in rules.allowsUncommittedConfig }
        templates = view { rules.allowsUncommittedTemplate($0) }
        templateFiles = view { rules.allowsUncommittedTemplateFile($0) }
        dockerfiles = view { rules.allowsUncommittedDockerfile($0) }
        ignoreFiles = view { rules.allowsUncommittedIgnoreFile($0) }
        others = view { _ in false }
    }

    /// Every kind may see all that `files` shows.
    package init(all files: any ProjectFiles) {
        (config, templates, templateFiles) = (files, files, files)
        (dockerfiles, ignoreFiles, others) = (files, files, files)
    }
}
