#include "agent/installer/helper_store.h"

#include "shared/base/confined_program.h"
#include "shared/base/encoding.h"
#include "shared/base/file_lock.h"
#include "shared/base/file_place.h"
#include "shared/base/trusted_path.h"
#include "shared/x509/digest.h"

namespace perennial::installer {

namespace {

constexpr std::uint64_t memoryLimit = 512U << 20U; // bytes
constexpr std::uint64_t fileSizeLimit = 64U << 20U;
constexpr int taskLimit = 64;
constexpr std::size_t remarkLimit = 4096;

} // namespace

Result<model::HelperAnswer> askHelper(
    const Guard& guard, const Place& place, model::HelperRequest request)
{
    const auto& rule = *guard.helperOf(place);
    const auto& program = rule.helper.front();
    if (auto status = checkProgram(program); !status) return status.error().in("helper");
    const auto verb = request.verb;
    request.folder = rule.folder;
    request.entry = place.key.filename();
    Command command;
    command.program = program;
    command.arguments.assign(rule.helper.begin() + 1, rule.helper.end());
    command.timeout = rule.helperTimeout;
    command.outputLimit = model::helperMessageLimit;
    // One at a time, and none beside what is left of one whose installer was killed: every process
    // of a helper holds the lock, or systemd knows its unit.
    auto lock = lockFile(guard.state / "helper.lock", LockKind::Exclusive);
    if (!lock) return lock.error();
    command.descriptors = {lock->get()};
    command.input = model::toJson(std::move(request)).reveal();
    const auto unit = "perennial-helper-" + x509::sha256Hex(rule.folder.native()).substr(0, 16);
    auto confined = asConfined(command, {unit, rule.folder, memoryLimit, fileSizeLimit, taskLimit});
    auto finished = run(confined);
    const Secret wiped(std::move(command.input));
    const Secret wipedToo(std::move(confined.input));
    if (!finished)
        return Error{ErrorKind::Unavailable, finished.error().message}.in("helper " + program);
    const Secret text(std::move(finished->output));
    const auto remark = toPrintable(finished->errorOutput, remarkLimit);
    const auto said = remark.empty() ? "" : "; it said: " + remark;
    const auto name = "helper " + program + ", " + std::string(nameOf(verb));
    if (finished->status != 0)
        return Error{ErrorKind::Unavailable,
            name + ": it ended with status " + std::to_string(finished->status) + said};
    auto answer = model::helperAnswerFromJson(verb, text.reveal());
    if (!answer)
        return Error{ErrorKind::Unavailable,
            name + " gave no proper answer: " + answer.error().message + said};
    if (answer->refused)
        return Error{ErrorKind::PermissionDenied,
            name + " refused: " + toPrintable(*answer->refused, remarkLimit)};
    return answer;
}

Result<Pair> readHelperPair(const Guard& guard, const Place& place)
{
    const auto* rule = guard.helperOf(place);
    if (place.certificate != place.key || place.key.parent_path() != rule->folder)
        return Error{ErrorKind::InvalidInput, "a helper's store has entries, " +
                                                  (rule->folder / "NAME").string() +
                                                  ", each a certificate with its key"};
    auto answer = askHelper(guard, place, {model::HelperVerb::Inspect});
    if (!answer) return answer.error();
    if (!answer->found)
        return Error{ErrorKind::NotFound, "the helper finds nothing at " + place.key.string()};
    auto chain = x509::Certificate::allFromPem(answer->chainPem);
    if (!chain) return chain.error().in(place.key.string());
    if (chain->empty())
        return Error{ErrorKind::InvalidInput, place.key.string() + " holds no certificate"};
    auto key = x509::PrivateKey::fromPem(answer->keyPem);
    if (!key) return key.error().in(place.key.string());
    auto lent = openInMemory(answer->keyPem.reveal());
    if (!lent) return lent.error();
    FileFacts facts{};
    facts.links = 1;
    Pair pair{{place, facts, facts}, chain->front(), *std::move(key), *std::move(lent)};
    pair.chainPem = answer->chainPem;
    return pair;
}

} // namespace perennial::installer
