// Header fields of the distribution-spec that the list of known ones lacks.
package import HTTPTypes

extension HTTPField.Name {
    static let contentDigest = known("Docker-Content-Digest")
    static let uploadID = known("Docker-Upload-UUID")
    static let apiVersion = known("Docker-Distribution-Api-Version")
    static let ociSubject = known("OCI-Subject")
    static let ociFilters = known("OCI-Filters-Applied")
    package static let link = known("Link")
    static let warning = known("Warning")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no name of a header field") }
        return name
    }
}
