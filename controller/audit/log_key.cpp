#include "controller/audit/log_key.h"

#include "shared/base/secret_file.h"
#include "shared/base/system_error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace perennial::controller {

namespace {

Result<x509::PrivateKey> readKey(const std::filesystem::path& file)
{
    const auto text = readSecretFile(file, x509::PrivateKey::sizeLimit);
    if (!text) return text.error().in("the key of the audit log");
    auto key = x509::PrivateKey::fromPem(*text);
    if (!key) return key.error().in("the key of the audit log, " + file.string());
    return key;
}

} // namespace

Result<audit::NoteSigner> makeLogKey(
    FileSystem& files, const std::filesystem::path& keyFile, const std::string& origin)
{
    if (!files.inspect(keyFile)) {
        const auto made = x509::PrivateKey::generateEd25519();
        if (!made) return made.error();
        if (auto done = files.makeFolder(keyFile.parent_path()); !done) return done.error();
        const Secret pem = made->toPem();
        if (auto done = files.replace(keyFile, pem.reveal(), {}); !done) return done.error();
    }
    auto key = readKey(keyFile);
    if (!key) return key.error();
    return audit::NoteSigner::make(origin, std::move(*key));
}

Result<audit::NoteSigner> readLogKey(
    const FileSystem& files, const std::filesystem::path& keyFile, const audit::LogFiles& log)
{
    auto text = files.read(log.publicKey(), audit::NoteSigner::noteLimit);
    if (!text) return text.error().in("the audit log's public key");
    if (text->ends_with('\n')) text->pop_back();
    const auto verifier = audit::NoteVerifier::fromText(*text);
    if (!verifier) return verifier.error().in(log.publicKey().string());
    auto key = readKey(keyFile);
    if (!key) return key.error();
    auto signer = audit::NoteSigner::make(verifier->name(), std::move(*key));
    if (!signer) return signer.error().in(keyFile.string());
    if (signer->verifier().toText() != *text)
        return Error{ErrorKind::Corrupt, "the key " + keyFile.string() +
                                             " is not the one of the audit log in " +
                                             log.folder.string()};
    return signer;
}

Result<FileDescriptor> lockLog(const std::filesystem::path& keyFile)
{
    FileDescriptor file(::open(keyFile.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return systemError("cannot open " + keyFile.string(), errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno != EWOULDBLOCK) return systemError("cannot lock " + keyFile.string(), errno);
    return Error{ErrorKind::Conflict,
        "another process is writing the audit log (it has locked " + keyFile.string() + ")"};
}

} // namespace perennial::controller
