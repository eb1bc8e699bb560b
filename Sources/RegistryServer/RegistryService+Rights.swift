// Who comes in: the check before everything else, the base path and the way to tokens.
import HTTPMessages
import HTTPTypes

extension RegistryService {
    /// The same answer whether or not the repo exists.
    func require(_ action: RegistryAction, _ repo: RepoName?, _ request: RegistryRequest) async throws {
        switch await rights.may(action, repo, request.asker) {
        case .allowed: return
        case .unauthorized(let challenge):
            counterBook.change { $0.refusedByRights += 1 }
            throw RegistryRefusal(
                .unauthorized, "credentials are needed, or others", fields: [.wwwAuthenticate: challenge])
        case .denied(let reason):
            counterBook.change { $0.refusedByRights += 1 }
            throw RegistryRefusal(.denied, reason)
        }
    }

    /// Only builds publish into a project of this node.
    func requireWritable(_ repo: RepoName) throws {
        guard try !contents.isReadOnly(repo) else {
            throw RegistryRefusal(.denied, "\(repo) is a project that is built on this node: only its builds change it")
        }
    }

    func base(_ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.pull, nil, request)
        return .document(Array("{}".utf8))
    }

    func token(_ request: RegistryRequest) async throws -> ServedResponse {
        guard let token = await rights.token(for: request.asker) else {
            counterBook.change { $0.refusedByRights += 1 }
            throw RegistryRefusal(
                .unauthorized, "the credentials are wrong", fields: [.wwwAuthenticate: "Basic realm=\"weft\""])
        }
        let document = TokenDocument(token: token.text, accessToken: token.text, expiresIn: token.seconds)
        return .document(try document.json, fields: [.cacheControl: "no-store"])
    }
}
