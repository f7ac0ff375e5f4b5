#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "service/cli/json_view.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

constexpr std::int64_t kNow = 1'795'230'250'000'000;  // 2026-11-21T03:04:10Z

std::string file(const std::string& name) {
    std::ifstream in(std::string(HELIX_SAMPLES) + "/" + name, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

Json sample(const std::string& name) {
    return Json::parse(file(name + ".json"));
}

/// Compares with samples/NAME.txt; HELIX_GOLDEN_WRITE=1 writes it anew, to be read before it is committed.
void expect_golden(const std::string& name, const std::string& actual) {
    if (std::getenv("HELIX_GOLDEN_WRITE") != nullptr)  // NOLINT(concurrency-mt-unsafe)
        std::ofstream(std::string(HELIX_SAMPLES) + "/" + name + ".txt", std::ios::binary) << actual;
    const std::string expected = file(name + ".txt");
    ASSERT_FALSE(expected.empty()) << name << ".txt is missing";
    EXPECT_EQ(expected, actual);
}

const View kPlain{{}, false, kNow};
const View kWide{{}, true, kNow};
const View kColour{{true}, false, kNow};

TEST(RenderGolden, Pass) {
    expect_golden("gate_pass", render_gate(sample("gate_pass"), sample("request"), kPlain));
}
TEST(RenderGolden, PassWide) {
    expect_golden("gate_pass_wide", render_gate(sample("gate_pass"), sample("request"), kWide));
}
TEST(RenderGolden, Break) {
    expect_golden("gate_break", render_gate(sample("gate_break"), sample("request"), kPlain));
}
TEST(RenderGolden, BreakInColour) {
    expect_golden("gate_break_colour", render_gate(sample("gate_break"), sample("request"), kColour));
}
TEST(RenderGolden, Receipt) {
    expect_golden("cycle_done", render_cycle(sample("cycle_done"), kPlain));
}
TEST(RenderGolden, Units) {
    expect_golden("units", render_units(sample("units"), kPlain));
}
TEST(RenderGolden, UnitsWide) {
    expect_golden("units_wide", render_units(sample("units"), kWide));
}
TEST(RenderGolden, Outbox) {
    expect_golden("outbox", render_outbox(sample("outbox"), kWide));
}
TEST(RenderGolden, DeadLetters) {
    expect_golden("dead_letters", render_dead_letters(sample("dead_letters"), kPlain));
}
TEST(RenderGolden, Targets) {
    expect_golden("targets", render_targets(sample("targets"), kPlain));
}
TEST(RenderGolden, Workloads) {
    expect_golden("workloads", render_workloads(sample("workloads"), kPlain));
}
TEST(RenderGolden, Ledger) {
    expect_golden("ledger", render_ledger(sample("ledger"), kPlain));
}
TEST(RenderGolden, Record) {
    expect_golden("record", render_record(member(sample("ledger"), "items")[0], kPlain));
}
TEST(RenderGolden, Reports) {
    expect_golden("reports",
                  render_report(sample("report_ok"), kPlain) + render_report(sample("report_broken"), kPlain));
}
TEST(RenderGolden, Problem) {
    expect_golden("problem_break", render_problem(sample("problem_break"), 409, 7));
}
TEST(RenderGolden, Events) {
    std::string lines;
    for (const Json& event : sample("events")) lines += render_event(event, kPlain);
    expect_golden("events", lines);
}
TEST(RenderGolden, Yaml) {
    expect_golden("units_yaml", to_yaml_text(sample("units")));
}

// An answer from somebody else's service: nothing throws, whatever is missing or of another type.
TEST(Render, TakesAnyJson) {
    for (const char* odd :
         {"null", "[]", "{}", "3", "\"x\"", R"({"items":3,"verdicts":{},"actions":7,"links":"x"})",
          R"({"items":[1,null,[],{"used_pct":"x","free":[],"wpa":3}],"actions":[null,3,{"verdict":{}}]})",
          R"({"verdicts":[3,{"index":-5,"verdict":{"certificate":{"worst":9,"units":[]}}}],"data":7})"}) {
        const Json json = Json::parse(odd);
        for (const auto render : {render_cycle, render_targets, render_units, render_workloads, render_ledger,
                                  render_record, render_report, render_event})
            EXPECT_NO_THROW(render(json, kWide)) << odd;
        EXPECT_NO_THROW(render_gate(json, json, kWide)) << odd;
        EXPECT_NO_THROW(render_problem(json, 500, 0)) << odd;
    }
}

TEST(Render, NothingFromAClusterSteersATerminal) {
    Json page = sample("units");
    page["items"][0]["unit"] =
        "a\x1b]0;title\x07\xc2\x9b"
        "31m\r\nb\xe2\x80\xae"
        "c\xff";
    for (const std::string& text : {render_units(page, kPlain), to_json_text(page), to_yaml_text(page)}) {
        for (const char* bad : {"\x1b", "\x07", "\xc2\x9b", "\r", "\xe2\x80\xae", "\xff"})
            EXPECT_EQ(text.find(bad), std::string::npos) << text;
    }
    EXPECT_EQ(Json::parse(to_json_text(sample("units"))), sample("units"));  // the value is what it was
}

TEST(Render, RemediesAreCommandsThatAShellTakes) {
    const Json action = {{"verb", "set-image"},
                         {"object", {{"kind", "Deployment"}, {"namespace", "shop"}, {"name", "cart"}}},
                         {"container", "web"},
                         {"image", "r/cart:2"},
                         {"reason", "it's $(rm -rf /)"}};
    EXPECT_EQ(
        act_command(action, "demo"),
        R"(helix act set-image deployment/cart -n shop web=r/cart:2 --target demo --reason 'it'\''s $(rm -rf /)')");
}

}  // namespace
}  // namespace helix::cli
