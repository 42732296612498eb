#include "agent/nss_helper/nss_tools.h"

#include "shared/base/encoding.h"
#include "shared/base/file_place.h"
#include "shared/base/random.h"
#include "shared/base/system_error.h"
#include "shared/x509/pkcs12.h"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace perennial::nss {

namespace {

constexpr const char* certutil = "/usr/bin/certutil";
constexpr const char* pk12util = "/usr/bin/pk12util";
constexpr const char* firstFile = "/proc/self/fd/3"; // what runTool() gives the child
constexpr const char* secondFile = "/proc/self/fd/4";

Error failed(const std::string& what, const Finished& finished)
{
    return {ErrorKind::Unavailable,
        what + ": " + toPrintable(finished.errorOutput + finished.output, 1000)};
}

// A file of PKCS#12 on its way between a tool and us has a password of its own.
struct Wrapping {
    Secret password;
    FileDescriptor file;
};

Result<Wrapping> makeWrapping()
{
    const auto word = toHex(randomBytes(16));
    auto file = openInMemory(word);
    if (!file) return file.error();
    return Wrapping{Secret(word), *std::move(file)};
}

Result<Secret> contentOf(const FileDescriptor& file)
{
    std::string content(x509::pkcs12SizeLimit + 1, '\0');
    const auto got = ::pread(file.get(), content.data(), content.size(), 0);
    if (got < 0) return systemError("cannot read what pk12util wrote", errno);
    content.resize(static_cast<std::size_t>(got));
    return Secret(std::move(content));
}

} // namespace

Result<Finished> NssTools::runTool(
    const char* tool, std::vector<std::string> arguments, std::vector<int> descriptors) const
{
    Command command;
    command.program = tool;
    command.arguments = std::move(arguments);
    command.arguments.insert(command.arguments.end(), {"-d", "sql:" + folder_.string()});
    if (!passwordFile_.empty())
        command.arguments.insert(
            command.arguments.end(), {std::string(tool) == certutil ? "-f" : "-k", passwordFile_});
    command.environment = {{"LC_ALL", "C"}};
    command.descriptors = std::move(descriptors);
    return run(command);
}

Result<std::optional<x509::Certificate>> NssTools::certificate(const std::string& nickname) const
{
    auto listed = runTool(certutil, {"-L", "-n", nickname, "-a"});
    if (!listed) return listed.error();
    if (listed->status == 255 &&
        listed->errorOutput.find("PR_FILE_NOT_FOUND_ERROR") != std::string::npos)
        return std::optional<x509::Certificate>();
    if (listed->status != 0) return failed("certutil -L", *listed);
    auto certificates = x509::Certificate::allFromPem(listed->output);
    if (!certificates) return certificates.error().in("certutil -L");
    if (certificates->size() != 1)
        return Error{ErrorKind::InvalidInput,
            "several certificates have that nickname, all but one of which would be lost; remove "
            "them"};
    return std::optional(certificates->front());
}

Result<std::optional<KeyPair>> NssTools::pair(const std::string& nickname) const
{
    const auto leaf = certificate(nickname);
    if (!leaf) return leaf.error();
    if (!*leaf) return std::optional<KeyPair>();
    auto wrapping = makeWrapping();
    if (!wrapping) return wrapping.error();
    FileDescriptor exported(::memfd_create("export", MFD_CLOEXEC));
    if (!exported) return systemError("cannot make a file in memory", errno);
    // The certificates in it are not encrypted: a third of the work less.
    auto done = runTool(pk12util, {"-o", firstFile, "-n", nickname, "-w", secondFile, "-C", "none"},
        {exported.get(), wrapping->file.get()});
    if (!done) return done.error();
    if (done->status != 0) return failed("pk12util -o", *done);
    const auto bytes = contentOf(exported);
    if (!bytes) return bytes.error();
    auto store = x509::readPkcs12(bytes->reveal(), wrapping->password);
    if (!store) return store.error().in("pk12util -o");
    for (auto& [alias, key, chain] : store->keys) {
        if (!chain.empty() && chain.front() == **leaf)
            return std::optional(KeyPair{std::move(key), std::move(chain)});
    }
    return Error{ErrorKind::Corrupt, "pk12util gave no key for the certificate of that name"};
}

Status NssTools::add(const std::string& nickname, const KeyPair& pair)
{
    auto wrapping = makeWrapping();
    if (!wrapping) return wrapping.error();
    auto bytes = x509::writePkcs12(nickname, pair.key, pair.chain, wrapping->password);
    if (!bytes) return bytes.error();
    const Secret content(*std::move(bytes));
    auto file = openInMemory(content.reveal());
    if (!file) return file.error();
    auto done =
        runTool(pk12util, {"-i", firstFile, "-w", secondFile}, {file->get(), wrapping->file.get()});
    if (!done) return done.error();
    return done->status == 0 ? Status() : failed("pk12util -i", *done);
}

Status NssTools::removeCertificate(const std::string& nickname)
{
    const auto there = certificate(nickname);
    if (!there) return there.error();
    if (!*there) return {};
    auto done = runTool(certutil, {"-D", "-n", nickname});
    if (!done) return done.error();
    return done->status == 0 ? Status() : failed("certutil -D", *done);
}

Status NssTools::removeKey(const Bytes& keyId)
{
    const auto id = toHex(keyId);
    auto listed = runTool(certutil, {"-K"});
    if (!listed) return listed.error();
    if (listed->output.find(id) == std::string::npos) return {};
    auto done = runTool(certutil, {"-F", "-k", id});
    if (!done) return done.error();
    return done->status == 0 ? Status() : failed("certutil -F", *done);
}

Status NssTools::checkPassword() const
{
    auto listed = runTool(certutil, {"-K"});
    if (!listed) return listed.error();
    const bool empty =
        (listed->output + listed->errorOutput).find("no keys found") != std::string::npos;
    return listed->status == 0 || empty ? Status() : failed("certutil -K", *listed);
}

} // namespace perennial::nss
