#include "shared/audit/signed_note.h"

#include "shared/audit/checkpoint.h"
#include "shared/audit/merkle_tree.h"
#include "shared/x509/digest.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::audit;

namespace {

// A note and key published with the format's first implementation.
const std::string foreignKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const std::string foreignText = "This is an example message.\n";
const std::string foreignSignature =
    "\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFX"
    "mRKuwHjG1Yu72IneyaQM=\n";
const std::string foreignNote = foreignText + "\n" + foreignSignature;

NoteSigner makeSigner(const std::string& name)
{
    auto signer = NoteSigner::make(name, std::move(*x509::PrivateKey::generateEd25519()));
    REQUIRE(signer);
    return std::move(*signer);
}

NoteVerifier foreignVerifier() { return *NoteVerifier::fromText(foreignKey); }

ErrorKind refusal(const NoteVerifier& verifier, const std::string& note)
{
    const auto opened = verifier.open(note);
    REQUIRE_FALSE(opened);
    return opened.error().kind;
}

} // namespace

TEST_CASE("a note that another implementation signed is verified")
{
    const auto opened = foreignVerifier().open(foreignNote);
    REQUIRE(opened);
    CHECK(*opened == foreignText);
    CHECK(foreignVerifier().toText() == foreignKey);
}

TEST_CASE("a key published elsewhere has the key id that its owner says")
{
    const auto verifier = NoteVerifier::fromText(
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
    REQUIRE(verifier);
    CHECK(verifier->name() == "sum.golang.org");
}

TEST_CASE("openssl verifies what is signed here")
{
    const test::TemporaryFolder folder;
    auto key = x509::PrivateKey::generateEd25519();
    REQUIRE(key);
    const auto keyFile = folder.write("key.pem", key->toPem().reveal());
    const auto publicFile = folder / "public.pem";
    test::mustRun({"/usr/bin/openssl", "pkey", "-in", keyFile, "-pubout", "-out", publicFile});
    const auto signer = NoteSigner::make("log.example.test/audit", std::move(*key));
    REQUIRE(signer);
    const std::string text = "log.example.test/audit\n5\nwhatever\n";
    const auto note = signer->sign(text);

    REQUIRE(note.rfind(text + "\n\xE2\x80\x94 log.example.test/audit ", 0) == 0);
    const auto base64 = note.substr(note.rfind(' ') + 1, note.size() - note.rfind(' ') - 2);
    const auto signature = fromBase64(base64);
    REQUIRE(signature);
    REQUIRE(signature->size() == 4 + 64);
    const auto textFile = folder.write("text", text);
    const auto signatureFile = folder.write("signature", signature->substr(4));
    const std::vector<std::string> verify = {"/usr/bin/openssl", "pkeyutl", "-verify", "-pubin",
        "-inkey", publicFile, "-rawin", "-in", textFile, "-sigfile", signatureFile};
    CHECK(test::runTool(verify).status == 0);
    folder.write("text", text + "x");
    CHECK(test::runTool(verify).status != 0);

    // The key id is the hash that the format says, over the key as openssl writes it.
    const auto der =
        test::mustRun({"/usr/bin/openssl", "pkey", "-in", keyFile, "-pubout", "-outform", "DER"});
    const auto raw = der.substr(der.size() - 32);
    CHECK(
        signature->substr(0, 4) == x509::sha256("log.example.test/audit\n\x01" + raw).substr(0, 4));
}

TEST_CASE("what is signed opens again, and with no other key")
{
    const auto signer = makeSigner("log.example.test/audit");
    const auto note = signer.sign("some text\n\nwith an empty line\n");
    const auto again = NoteVerifier::fromText(signer.verifier().toText());
    REQUIRE(again);
    CHECK(*again->open(note) == "some text\n\nwith an empty line\n");
    CHECK(refusal(makeSigner("log.example.test/audit").verifier(), note) ==
          ErrorKind::PermissionDenied);
    CHECK(refusal(foreignVerifier(), note) == ErrorKind::PermissionDenied);
}

TEST_CASE("one changed byte anywhere in a note is noticed")
{
    const auto verifier = foreignVerifier();
    for (std::size_t i = 0; i < foreignNote.size(); ++i) {
        for (const int flip : {0x01, 0x20, 0x80}) {
            auto changed = foreignNote;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            CHECK_MESSAGE(!verifier.open(changed), "byte ", i, " xor ", flip);
        }
    }
    for (std::size_t length = 0; length < foreignNote.size(); ++length)
        CHECK_FALSE(verifier.open(foreignNote.substr(0, length)));
}

TEST_CASE("signatures of others are passed over; a wrong one of the known key is not")
{
    const auto verifier = foreignVerifier();
    const auto witness = makeSigner("witness.example.test").sign(foreignText);
    const auto witnessLine = witness.substr(foreignText.size() + 1);
    CHECK(verifier.open(foreignNote + witnessLine));
    CHECK(verifier.open(foreignText + "\n" + witnessLine + foreignSignature));
    CHECK(refusal(verifier, foreignText + "\n" + witnessLine) == ErrorKind::PermissionDenied);

    const auto wrong = "\xE2\x80\x94 example.com/foo " +
                       toBase64(*fromHex("530d903a") + std::string(64, 'x')) + "\n";
    CHECK(refusal(verifier, foreignText + "\n" + wrong + foreignSignature) ==
          ErrorKind::PermissionDenied);
    CHECK(refusal(verifier, foreignNote + wrong) == ErrorKind::PermissionDenied);
}

TEST_CASE("malformed notes are refused")
{
    const auto verifier = foreignVerifier();
    const auto malformed = [&](const std::string& note) {
        return refusal(verifier, note) == ErrorKind::InvalidInput;
    };
    std::string sixteen = foreignText + "\n";
    for (int i = 0; i < 16; ++i)
        sixteen += foreignSignature;
    CHECK(verifier.open(sixteen));
    CHECK(malformed(sixteen + foreignSignature));
    CHECK(malformed(""));
    CHECK(malformed("\n\n"));
    CHECK(malformed(foreignText));
    CHECK(malformed(foreignText + foreignSignature)); // no blank line
    CHECK(malformed(foreignText + "\n"));
    CHECK(malformed("\n\n" + foreignSignature));
    CHECK(malformed("a\rb\n\n" + foreignSignature));
    CHECK(malformed(std::string("a\0b\n\n", 5) + foreignSignature));
    CHECK(malformed("\xFF\n\n" + foreignSignature));
    CHECK(malformed(foreignNote + "more\n"));
    CHECK(malformed(foreignNote + "\xE2\x80\x94 name\n"));
    CHECK(malformed(foreignNote + "\xE2\x80\x94  AAAAAAA=\n"));
    CHECK(malformed(foreignNote + "\xE2\x80\x94 na+me AAAAAAA=\n"));
    CHECK(malformed(foreignNote + "\xE2\x80\x94 name AAAA=\n"));
    CHECK(malformed(foreignNote + "\xE2\x80\x94 name AAAAAA==\n")); // a key id and nothing signed
    CHECK(malformed(foreignNote + "\xE2\x80\x94 name AAAA AAA=\n"));
    CHECK(malformed(std::string(NoteSigner::noteLimit, 'a') + "\n\n" + foreignSignature));
}

TEST_CASE("malformed keys are refused")
{
    CHECK(NoteVerifier::fromText(foreignKey));
    for (const auto* text : {"", "example.com/foo", "example.com/foo+530d903a",
             "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
             "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
             "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
             "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
             "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
             "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv",
             "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
             "exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"})
        CHECK_MESSAGE(!NoteVerifier::fromText(text), text);
    CHECK_FALSE(NoteSigner::make("", std::move(*x509::PrivateKey::generateEd25519())));
    CHECK_FALSE(NoteSigner::make("a+b", std::move(*x509::PrivateKey::generateEd25519())));
    CHECK_FALSE(NoteSigner::make("a b", std::move(*x509::PrivateKey::generateEd25519())));
    CHECK_FALSE(NoteSigner::make("a", std::move(*x509::PrivateKey::generate("ec-p256"))));
}

TEST_CASE("checkpoints are read strictly")
{
    const auto signer = makeSigner("log.example.test/audit");
    const auto root = toBase64(leafHash("x"));
    const Checkpoint checkpoint{"log.example.test/audit", 7, leafHash("x")};
    const auto opened = openCheckpoint(signCheckpoint(checkpoint, signer), signer.verifier());
    REQUIRE(opened);
    CHECK(*opened == checkpoint);
    CHECK(toNoteText(checkpoint) == "log.example.test/audit\n7\n" + root + "\n");

    for (const auto& text :
        {"log.example.test/audit\n07\n" + root + "\n", "log.example.test/audit\n-7\n" + root + "\n",
            "log.example.test/audit\n\n" + root + "\n",
            "log.example.test/audit\n9223372036854775808\n" + root + "\n",
            "log.example.test/audit\n7 \n" + root + "\n", "\n7\n" + root + "\n",
            "log.example.test/audit\n7\n" + root.substr(4) + "\n",
            "log.example.test/audit\n7\n " + root + "\n",
            "log.example.test/audit\n7\n" + root + "\nmore\n", "log.example.test/audit\n7\n" + root,
            std::string("log.example.test/audit\n7\n")}) {
        CHECK_MESSAGE(!checkpointFromNoteText(text), text);
    }
    const Checkpoint other{"other.example.test/audit", 7, leafHash("x")};
    CHECK(openCheckpoint(signCheckpoint(other, signer), signer.verifier()).error().kind ==
          ErrorKind::PermissionDenied);
}
