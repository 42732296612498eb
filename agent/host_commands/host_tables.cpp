#include "agent/host_commands/host_tables.h"

#include "shared/base/encoding.h"

namespace perennial::agent {

namespace {

std::string textOf(const Json* value)
{
    if (value == nullptr || value->isNull()) return "";
    if (const auto* text = value->string()) return toPrintable(*text);
    return value->canonical();
}

// As it is, for what was written by us: PEM.
std::string textRaw(const Json* value)
{
    return value == nullptr || value->string() == nullptr ? "" : *value->string();
}

std::string line(const std::string& label, const std::string& value)
{
    return value.empty() ? "" : label + ": " + value + "\n";
}

std::string listed(const Json* names)
{
    std::string text;
    if (names == nullptr || names->array() == nullptr) return text;
    for (const auto& name : *names->array())
        text += (text.empty() ? "" : " ") + textOf(&name);
    return text;
}

std::string slotText(const Json& slot)
{
    const auto* certificate = slot.find("certificate");
    const auto member = [&](const char* name) {
        return certificate == nullptr ? "" : textOf(certificate->find(name));
    };
    const auto* empty = slot.find("empty");
    std::string text = textOf(slot.find("slot_id")) + "  " +
                       (empty == nullptr ? member("display_name") : "nothing is there yet") + "\n";
    text += line("  file", textOf(slot.find("certificate_path")));
    if (empty != nullptr) text += line("  wanted for", listed(slot.find("names")));
    text += line("  serial", member("serial"));
    text += line("  not after", member("not_after"));
    text += line("  service", textOf(slot.find("service")));
    text += line("  policy", textOf(slot.find("policy")));
    text += line("  left alone, was ruled by", textOf(slot.find("former_policy")));
    text += line("  renewal at", textOf(slot.find("renewal_at")));
    text += line("  paused until", textOf(slot.find("paused_until")));
    for (const auto* list : {"warnings", "matching"}) {
        const auto* items = slot.find(list);
        if (items == nullptr || items->array() == nullptr) continue;
        for (const auto& item : *items->array())
            text += "  - " + textOf(&item) + "\n";
    }
    return text;
}

// A renewal for `explain`.
std::string attemptText(const std::string& title, const Json* renewal)
{
    if (renewal == nullptr) return "";
    std::string text = title + " " + textOf(renewal->find("order_id")) + " (" +
                       textOf(renewal->find("origin")) + "), begun " +
                       textOf(renewal->find("began")) + "\n";
    text += line("  why", textOf(renewal->find("reason")));
    text += line("  stage", textOf(renewal->find("stage")));
    text += line("  result", textOf(renewal->find("result")));
    text += line("  problem", textOf(renewal->find("problem")));
    return text;
}

std::string explanationText(const Json& slot)
{
    std::string text = textOf(slot.find("verdict")) + ": " + textOf(slot.find("why")) + "\n\n";
    text += slotText(slot);
    text += line("  key", textOf(slot.find("key_path")));
    const auto commit = textOf(slot.find("policy_commit"));
    const auto policyLine = textOf(slot.find("policy_line"));
    if (!policyLine.empty())
        text += line("  policy line", policyLine + (commit.empty() ? "" : " of commit " + commit));
    text += line("  inside the window at", textOf(slot.find("window_at")));
    text += line("  alone from", textOf(slot.find("alone_at")));
    text += line("  enrolment service", textOf(slot.find("enrollment_service")));
    text += line("  action", textOf(slot.find("action")));
    text += line("  other names", textOf(slot.find("names")));
    text += line("  before it", textOf(slot.find("superseded")));
    text += attemptText("\nunder way:", slot.find("under_way"));
    text += attemptText("\nlast attempt:", slot.find("last_attempt"));
    return text;
}

std::string signaturesText(const Json& answer)
{
    const auto* signatures = answer.find("policy_signatures");
    if (signatures == nullptr || textOf(answer.find("controller")).empty()) return "";
    const auto member = [&](const char* name) { return textOf(signatures->find(name)); };
    if (member("demanded") != "true")
        return "not demanded: whoever holds the controller chooses the documents (policy_signers)";
    const auto signers = member("threshold") + (member("threshold") == "1" ? " key" : " keys");
    if (member("repository").empty())
        return "demanded, of " + signers + "; no documents that have them are held yet";
    return "of " + signers + ": " + member("repository") + " version " + member("version") +
           ", until " + member("until");
}

std::string statusText(const Json& answer)
{
    std::string text;
    for (const auto* member : {"agent_id", "host", "controller", "last_answer",
             "identity_not_after", "policy_commit", "slots", "paused", "scanned_at",
             "watched_folders", "unwatched_folders", "pending_events"})
        text += line(member, textOf(answer.find(member)));
    text += line("policy_signatures", signaturesText(answer));
    for (const char* what : {"empty", "names", "expired", "unmanaged"}) {
        const auto* told = answer.find(what);
        if (told == nullptr || told->array() == nullptr) continue;
        for (const auto& slot : *told->array()) {
            text += what + (" " + textOf(slot.find("slot_id"))) + " " +
                    textOf(slot.find("certificate_path")) + ": " + textOf(slot.find("say")) + "\n";
            text += line("  paused until", textOf(slot.find("paused_until")));
        }
    }
    const auto* renewals = answer.find("renewals");
    if (renewals == nullptr || renewals->array() == nullptr) return text;
    for (const auto& renewal : *renewals->array()) {
        text += "renewal " + textOf(renewal.find("order_id")) + " of " +
                textOf(renewal.find("slot_id")) + ": " + textOf(renewal.find("stage")) + "\n";
        text += line("  problem", textOf(renewal.find("problem")));
        if (!textOf(renewal.find("problem")).empty())
            text += line("  next try", textOf(renewal.find("next_try")));
    }
    return text;
}

} // namespace

std::string asText(const std::string& command, const Json& answer)
{
    if (command == "status") return statusText(answer);
    if (command == "renew") return "renewal " + textOf(answer.find("order_id")) + " has begun\n";
    if (command == "scan") return "the agent scans now\n";
    if (command == "explain") return explanationText(answer);
    if (command == "pause")
        return textOf(answer.find("slot_id")) + " is paused until " + textOf(answer.find("until")) +
               "\n";
    if (command == "resume") return textOf(answer.find("slot_id")) + " is renewed again\n";
    const auto* items = answer.find("items");
    if (items == nullptr || items->array() == nullptr || items->array()->empty())
        return "no certificates found\n";
    std::string text;
    if (command == "superseded") {
        for (const auto& one : *items->array())
            text += textOf(one.find("slot_id")) + "  " + textOf(one.find("say")) + "\n" +
                    textRaw(one.find("certificate_pem"));
        return text;
    }
    for (const auto& slot : *items->array())
        text += slotText(slot);
    return text;
}

} // namespace perennial::agent
