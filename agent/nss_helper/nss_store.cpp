#include "agent/nss_helper/nss_store.h"

#include "shared/base/encoding.h"
#include "shared/base/file_destruction.h"
#include "shared/base/trusted_path.h"
#include "shared/x509/certificate_chain.h"
#include "shared/x509/nss_key_id.h"

#include <map>

namespace perennial::nss {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t databaseLimit = 32U << 20U;
constexpr const char* keysFile = "key4.db";
constexpr const char* certificatesFile = "cert9.db";
constexpr const char* databaseFiles[] = {keysFile, certificatesFile, "pkcs11.txt"};

Status checkEntry(const model::HelperRequest& request)
{
    // A colon would name a token, a dash at the start an option.
    if (request.entry.empty() || request.entry.front() == '-' ||
        request.entry.find_first_of(":/") != std::string::npos)
        return Error{ErrorKind::InvalidInput,
            "a nickname without \":\" and \"/\", and without \"-\" at its start"};
    return checkFolders(fs::path(request.folder) / "entry");
}

Result<KeyPair> pairOf(const model::HelperRequest& request)
{
    auto chain = x509::Certificate::allFromPem(request.chainPem);
    if (!chain) return chain.error();
    if (chain->empty()) return Error{ErrorKind::InvalidInput, "chain holds no certificate"};
    auto key = x509::PrivateKey::fromPem(request.keyPem);
    if (!key) return key.error();
    if (!key->matches(chain->front()))
        return Error{ErrorKind::InvalidInput, "the key does not belong to the certificate"};
    return KeyPair{*std::move(key), *std::move(chain)};
}

} // namespace

struct NssStore::Seen {
    std::map<std::string, FileFacts> facts;
};

model::HelperAnswer NssStore::answer(const Request& request)
{
    auto answer = perform(request);
    if (answer) return *std::move(answer);
    return {toPrintable(answer.error().message, 1000)};
}

Result<model::HelperAnswer> NssStore::perform(const Request& request)
{
    if (auto status = checkEntry(request); !status) return status.error();
    Status done;
    switch (request.verb) {
    case model::HelperVerb::Inspect: {
        auto pair = NssTools(request.folder, passwordFile_).pair(request.entry);
        if (!pair) return pair.error();
        model::HelperAnswer answer;
        if (!*pair) return answer;
        answer.found = true;
        answer.chainPem = x509::chainPem((*pair)->chain);
        answer.keyPem = (*pair)->key.toPem();
        return answer;
    }
    case model::HelperVerb::Test: done = test(request); break;
    case model::HelperVerb::Install: done = install(request); break;
    case model::HelperVerb::Rollback: done = rollBack(request); break;
    case model::HelperVerb::Finish: done = dropKey(request); break;
    }
    if (!done) return done.error();
    return model::HelperAnswer{};
}

// As much as will be needed: the copy itself, and the password.
Status NssStore::test(const Request& request)
{
    auto seen = copy(request);
    if (!seen) return seen.error();
    const NssTools copied(copyOf(request), passwordFile_);
    Status status = copied.checkPassword();
    if (const auto there = copied.certificate(request.entry); status && !there)
        status = there.error();
    const Status removed = removeCopy(request);
    return status ? removed : status;
}

Status NssStore::install(const Request& request)
{
    const auto there = NssTools(request.folder, passwordFile_).certificate(request.entry);
    if (!there) return there.error();
    if (!*there || (*there)->fingerprint() != request.replaces)
        return Error{ErrorKind::Conflict, "another certificate has that nickname now"};
    return putPair(request);
}

Status NssStore::rollBack(const Request& request)
{
    const auto pair = pairOf(request);
    if (!pair) return pair.error();
    const auto there = NssTools(request.folder, passwordFile_).certificate(request.entry);
    const bool isBack = there && *there && **there == pair->chain.front();
    if (!isBack) {
        if (auto status = putPair(request); !status) return status;
    } else if (auto status = removeCopy(request); !status) {
        return status;
    }
    return dropKey(request);
}

Status NssStore::putPair(const Request& request)
{
    const auto pair = pairOf(request);
    if (!pair) return pair.error();
    const auto seen = copy(request);
    if (!seen) return seen.error();
    NssTools copied(copyOf(request), passwordFile_);
    Status status = copied.removeCertificate(request.entry);
    if (status) status = copied.add(request.entry, *pair);
    if (!status) return status;
    // The key too is read again by who asks; deriving it takes a second, so not here.
    const auto made = copied.certificate(request.entry);
    if (!made) return made.error();
    if (!*made || !(**made == pair->chain.front()))
        return Error{ErrorKind::Internal, "NSS gives another certificate for the nickname"};
    return replaceWithCopy(request, *seen, {keysFile, certificatesFile});
}

Status NssStore::dropKey(const Request& request)
{
    if (request.unwanted.empty()) return {};
    const auto der = fromBase64(request.unwanted);
    if (!der) return der.error().in("unwanted");
    const auto id = x509::nssKeyId(*der);
    if (!id) return id.error().in("unwanted");
    const auto seen = copy(request);
    if (!seen) return seen.error();
    NssTools copied(copyOf(request), passwordFile_);
    const auto there = copied.certificate(request.entry);
    if (!there) return there.error();
    if (*there && (*there)->publicKeyDer() == *der)
        return Error{ErrorKind::Conflict, "that key is in use"};
    if (auto status = copied.removeKey(*id); !status) return status;
    return replaceWithCopy(request, *seen, {keysFile});
}

Result<NssStore::Seen> NssStore::copy(const Request& request)
{
    if (auto status = removeCopy(request); !status) return status.error();
    const fs::path folder(request.folder);
    if (auto status = files_.makeFolder(copyOf(request)); !status) return status.error();
    Seen seen;
    for (const auto* name : databaseFiles) {
        auto facts = files_.inspect(folder / name);
        if (!facts) return facts.error();
        auto content = files_.read(folder / name, databaseLimit);
        if (!content) return content.error();
        const FileAttributes like{facts->mode, facts->owner, facts->group, folder / name};
        if (auto status = files_.replace(copyOf(request) / name, *content, like); !status)
            return status.error();
        seen.facts.emplace(name, *facts);
    }
    return seen;
}

Status NssStore::replaceWithCopy(
    const Request& request, const Seen& seen, const std::vector<const char*>& names)
{
    const fs::path folder(request.folder);
    for (const auto& [name, before] : seen.facts) {
        auto facts = files_.inspect(folder / name);
        if (!facts) return facts.error();
        if (facts->inode != before.inode ||
            facts->changedNanoseconds != before.changedNanoseconds || facts->size != before.size)
            return Error{ErrorKind::Conflict, name + " was changed meanwhile"};
        for (const char* open : {"-journal", "-wal"}) { // somebody is writing
            if (files_.inspect(folder / (name + open)))
                return Error{ErrorKind::Conflict, name + " is being written"};
        }
    }
    for (const auto* name : names) {
        // The tools made new files' owners and modes their own affair.
        const auto& like = seen.facts.at(name);
        auto content = files_.read(copyOf(request) / name, databaseLimit);
        if (!content) return content.error();
        if (auto status = files_.replace(
                folder / name, *content, {like.mode, like.owner, like.group, folder / name});
            !status)
            return status;
    }
    return removeCopy(request);
}

Status NssStore::removeCopy(const Request& request)
{
    auto names = files_.list(copyOf(request));
    if (!names) return names.error().kind == ErrorKind::NotFound ? Status() : names.error();
    for (const auto& name : *names) {
        if (auto status = destroyFile(files_, copyOf(request) / name); !status) return status;
    }
    return files_.remove(copyOf(request));
}

} // namespace perennial::nss
