#include "adapters/kubeconfig/safe_yaml.hpp"

#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <yaml-cpp/eventhandler.h>

namespace helix::kubeconfig {
namespace {

struct OutOfBounds {
    std::string why;
    YAML::Mark mark;
};

/// Counts what the parser meets; ends the parse by throwing through it, as yaml-cpp itself does.
class Bounds final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, anchor, ""); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { throw OutOfBounds{"aliases are refused", mark}; }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  const std::string& value) override {
        leaf(mark, anchor, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, anchor, false);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, anchor, true);
    }
    void OnMapEnd() override { close(); }

private:
    struct Level {
        bool is_map;
        bool at_key;
        std::set<std::string> keys;
    };

    void count(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) throw OutOfBounds{"anchors are refused", mark};
        if (++nodes_ > kYamlNodesMax) throw OutOfBounds{"more than " + std::to_string(kYamlNodesMax) + " nodes", mark};
    }
    void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& value) {
        count(mark, anchor);
        if (levels_.empty() || !levels_.back().is_map) return;
        Level& level = levels_.back();
        if (level.at_key && !level.keys.insert(value).second) throw OutOfBounds{"a field appears twice", mark};
        level.at_key = !level.at_key;
    }
    void open(const YAML::Mark& mark, YAML::anchor_t anchor, bool is_map) {
        count(mark, anchor);
        if (levels_.size() >= kYamlDepthMax)
            throw OutOfBounds{"nested deeper than " + std::to_string(kYamlDepthMax), mark};
        if (!levels_.empty() && levels_.back().is_map) {
            if (levels_.back().at_key) throw OutOfBounds{"a field name must be text", mark};
            levels_.back().at_key = true;
        }
        levels_.push_back({is_map, true, {}});
    }
    void close() { levels_.pop_back(); }

    std::size_t nodes_ = 0;
    std::vector<Level> levels_;
};

Error refused(const std::string& file, const YAML::Mark& mark, const std::string& why) {
    const std::string where = file + ":" + std::to_string(mark.line + 1);
    return error(Code::InvalidArgument, where + ": " + why, "", where);
}

}  // namespace

Result<YAML::Node> parse_yaml(const std::string& text, const std::string& file) {
    if (text.size() > kYamlBytesMax)
        return error(Code::InvalidArgument, file + ": longer than " + std::to_string(kYamlBytesMax) + " bytes", "",
                     file);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        Bounds bounds;
        parser.HandleNextDocument(bounds);
        return YAML::Load(text);
    } catch (const OutOfBounds& out) {
        return refused(file, out.mark, out.why);
    } catch (const YAML::Exception& bad) {
        return refused(file, bad.mark, "not YAML: " + bad.msg);
    } catch (const std::exception&) {
        return error(Code::InvalidArgument, file + ": not YAML", "", file);
    }
}

}  // namespace helix::kubeconfig
