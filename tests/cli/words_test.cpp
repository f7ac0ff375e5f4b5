#include <gtest/gtest.h>

#include "service/cli/documents.hpp"
#include "service/cli/exit_codes.hpp"
#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/object_ref.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/progress.hpp"
#include "service/cli/sse.hpp"

namespace helix::cli {
namespace {

Json object(std::vector<std::string> words, const std::string& ns = {}, std::string_view kind = {}) {
    auto taken = take_object(words, ns, kind);
    return taken ? *taken : Json(taken.error().message);
}

TEST(TakeObject, ReadsKubectlsNames) {
    const Json cart = {{"kind", "Deployment"}, {"namespace", "shop"}, {"name", "cart"}};
    for (const char* word : {"deployment/cart", "deploy/cart", "deployments/cart", "Deployment/cart"})
        EXPECT_EQ(object({word}, "shop"), cart) << word;
    EXPECT_EQ(object({"deploy", "cart"}, "shop"), cart);
    EXPECT_EQ(object({"sts/db"})["namespace"], "default");
    EXPECT_EQ(object({"n1"}, "", "Node"), (Json{{"kind", "Node"}, {"name", "n1"}}));
    EXPECT_EQ(object({"no/n1"}, "shop"), (Json{{"kind", "Node"}, {"name", "n1"}}));  // -n says nothing of a node
    EXPECT_EQ(object({"CronTab/my"}), (Json{{"kind", "CronTab"}, {"name", "my"}}));
    EXPECT_EQ(object({"netpol/a"})["kind"], "NetworkPolicy");
    EXPECT_EQ(object({"networkpolicies/a"})["kind"], "NetworkPolicy");
}

TEST(TakeObject, RefusesWhatNamesNothing) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{}, {"cart"}, {"crontab/my"}, {"/cart"}, {"deploy/"}, {""}})
        EXPECT_TRUE(object(words).is_string());
}

TEST(TakeObject, LeavesTheOtherWords) {
    std::vector<std::string> words{"node", "n1", "zone=a", "owner-"};
    ASSERT_TRUE(take_object(words, ""));
    EXPECT_EQ(words, (std::vector<std::string>{"zone=a", "owner-"}));
}

TEST(SplitDocuments, CutsAtMarkersOnly) {
    const auto documents = split_documents("# first\n---\na: |\n  ---\n  b\n--- # second\nc: 1\n...\n---\n\n---\nd: 2");
    ASSERT_EQ(documents.size(), 3U);
    EXPECT_EQ(documents[0], "\na: |\n  ---\n  b\n");
    EXPECT_EQ(documents[1], " # second\nc: 1\n");
    EXPECT_EQ(documents[2], "\nd: 2");
    EXPECT_TRUE(split_documents("").empty());
    EXPECT_TRUE(split_documents("---\n# nothing\n").empty());
}

TEST(ReadDocument, NamesFileAndLine) {
    EXPECT_EQ((*read_document("target: demo\nactions: [{verb: cordon}]\n", "p"))["actions"][0]["verb"], "cordon");
    EXPECT_EQ((*read_document("{\"a\": 1}", "p"))["a"], 1);
    const auto bad = read_document("a: 1\nb: [", "plan.yaml");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().where.rfind("plan.yaml", 0), 0U) << bad.error().where;
    EXPECT_EQ(exit_of(bad.error().code), Exit::Usage);
}

TEST(Humanize, SaysSizesSharesAndAges) {
    EXPECT_EQ(human_bytes(512), "512 B");
    EXPECT_EQ(human_bytes(8LL << 30), "8.0 GiB");
    EXPECT_EQ(human_bytes(-(3LL << 19)), "-1.5 MiB");
    EXPECT_EQ(human_percent(85.865275), "85.865275 %");
    EXPECT_EQ(human_percent(71.3), "71.3 %");
    EXPECT_EQ(human_percent(85.861, 2), "85.87 %");  // up: never below what is
    EXPECT_EQ(human_percent(0), "0 %");
    EXPECT_EQ(human_percent_digits("14.134725141734693"), "14.13 %");
    EXPECT_EQ(human_percent_digits("20"), "20 %");
    EXPECT_EQ(human_count(0), "0");
    EXPECT_EQ(human_count(999), "999");
    EXPECT_EQ(human_count(1'000), "1,000");
    EXPECT_EQ(human_count(12'345'678), "12,345,678");
    EXPECT_EQ(human_age(119'000'000), "119s");
    EXPECT_EQ(human_age(120'000'000), "2m");
    EXPECT_EQ(human_age(-5), "0s");
    EXPECT_EQ(human_age_of("soon", 0), "-");
}

TEST(Printable, KeepsTextAndTakesSteeringOut) {
    EXPECT_EQ(printable("γ₁ naïve 日本"), "γ₁ naïve 日本");
    EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a [2Jb c ");
    EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(escaped("\"\xc2\x9b\"\n"), "\"\\u009b\"\n");
    EXPECT_EQ(width("γ₁"), 2U);
}

TEST(ProgressLine, SaysHowFarHowFastAndHowLongStill) {
    EXPECT_EQ(progress_line("verified", 420'000, 1'000'000, 5.0),
              " 42 %  420,000 of 1,000,000 records verified, 84,000/s, 7 s left");
    EXPECT_EQ(progress_line("exported", 10, 100'000, 10.0),
              "  0 %  10 of 100,000 records exported, 1/s, 1667 min left");
    EXPECT_EQ(progress_line("verified", 4096, std::nullopt, 2.0), "4,096 records verified, 2,048/s");
    EXPECT_EQ(progress_line("verified", 120, 100, 1.0), "100 %  120 of 120 records verified, 120/s");
    EXPECT_EQ(progress_line("verified", 0, 100, 1.0), "  0 %  0 of 100 records verified, 0/s");
}

TEST(ExitCodes, OfFailuresOnOurSide) {
    EXPECT_EQ(exit_of(Code::DataLoss), Exit::Unverified);
    EXPECT_EQ(exit_of(Code::Unimplemented), Exit::NewerFormat);
    EXPECT_EQ(exit_of(Code::Conflict), Exit::Refused);
    for (const int code : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14})
        EXPECT_NE(exit_codes_text().find("\n" + std::string(code < 10 ? "   " : "  ") + std::to_string(code) + "  "),
                  std::string::npos)
            << code << " is not in the table";
}

TEST(ExitCodes, FollowTheProblem) {
    EXPECT_EQ(exit_of_problem(409, "gate-break"), Exit::Break);
    EXPECT_EQ(exit_of_problem(409, "stale-metrics"), Exit::Break);
    EXPECT_EQ(exit_of_problem(409, "conflict"), Exit::Refused);
    EXPECT_EQ(exit_of_problem(422, "reason-needed"), Exit::Refused);
    EXPECT_EQ(exit_of_problem(400, "malformed"), Exit::Refused);
    EXPECT_EQ(exit_of_problem(401, "unauthenticated"), Exit::Auth);
    EXPECT_EQ(exit_of_problem(404, "not-found"), Exit::NotFound);
    EXPECT_EQ(exit_of_problem(502, "target-refused"), Exit::TargetRefused);
    EXPECT_EQ(exit_of_problem(503, "unavailable"), Exit::Unavailable);
    EXPECT_EQ(exit_of_problem(504, "unknown-outcome"), Exit::Unknown);
    EXPECT_EQ(exit_of_problem(504, "deadline-exceeded"), Exit::Unavailable);
    EXPECT_EQ(exit_of_problem(500, "internal"), Exit::Internal);
    EXPECT_EQ(exit_of_problem(500, "data-loss"), Exit::Unverified);  // as exit_of(Code::DataLoss)
}

TEST(SseParser, IsTheSameInWhateverPiecesItArrives) {
    const std::string stream =
        ": hi\nretry: 250\n\nid: 7\nevent: node.floor\ndata: {\"a\":\r\ndata: 1}\r\n\r\nid: 8\r\rdata:x\n\n";
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        SseParser parser;
        std::vector<SseEvent> events;
        for (std::size_t i = 0; i < stream.size(); i += piece)
            parser.feed(stream.substr(i, piece), [&](const SseEvent& event) {
                events.push_back(event);
                return true;
            });
        ASSERT_EQ(events.size(), 2U) << piece;
        EXPECT_EQ(events[0].id, "7");
        EXPECT_EQ(events[0].type, "node.floor");
        EXPECT_EQ(events[0].data, "{\"a\":\n1}");
        EXPECT_EQ(events[1].type, "message");
        EXPECT_EQ(events[1].data, "x");
        EXPECT_EQ(parser.last_id(), "8");
        EXPECT_EQ(parser.retry_ms(), 250);
    }
}

}  // namespace
}  // namespace helix::cli
