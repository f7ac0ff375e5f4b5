#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

void read_target(Value& value, std::string& kind, std::string& name) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "kind") kind = text_of(field);
        if (key == "name") name = text_of(field);
    });
}

/// A quantity that may be negative or nonsense in a custom resource: then it tells nothing.
std::optional<std::int64_t> lenient_milli(Value& value) {
    try {
        return milli_quantity_of(value);
    } catch (const Malformed&) {
        return std::nullopt;
    }
}

/// The body of one metric: its name, and whatever the two lists tell of it.
struct MetricPart {
    std::string name;
    std::optional<std::int64_t> low;
    std::optional<std::int64_t> high;
    std::optional<std::int64_t> current;
};

MetricPart read_metric(Value& value) {
    MetricPart part;
    each_field(value, [&](std::string_view kind, Value& body) {
        if (kind != "resource" && kind != "external") return;
        each_field(body, [&](std::string_view key, Value& field) {
            if (key == "name" || key == "metricName") part.name = text_of(field);
            if (key == "lowWatermark") part.low = lenient_milli(field);
            if (key == "highWatermark") part.high = lenient_milli(field);
            if (key == "currentAverageValue" || (key == "currentValue" && !part.current))
                part.current = lenient_milli(field);
        });
    });
    return part;
}

}  // namespace

Read<WatermarkAutoscaler> read_watermark_autoscaler(Value& value) {
    Read<WatermarkAutoscaler> read;
    WatermarkAutoscaler& scaler = read.object;
    std::vector<MetricPart> current;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
        if (key == "spec")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "scaleTargetRef") read_target(inner, scaler.target_kind, scaler.target_name);
                if (part != "metrics") return;
                each_item(inner, [&](Value& one) {
                    MetricPart metric = read_metric(one);
                    if (metric.low && metric.high)
                        scaler.watermarks.push_back({std::move(metric.name), *metric.low, *metric.high, std::nullopt});
                });
            });
        if (key == "status")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "currentMetrics")
                    each_item(inner, [&](Value& one) { current.push_back(read_metric(one)); });
            });
    });
    for (Watermark& mark : scaler.watermarks)
        for (const MetricPart& metric : current)
            if (metric.name == mark.metric) mark.current_milli = metric.current;
    scaler.ns = read.metadata.ns;
    scaler.name = read.metadata.name;
    return read;
}

void read_horizontal_autoscaler_spec(Value& value, Manifest& manifest) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "scaleTargetRef") read_target(field, manifest.scale_target_kind, manifest.scale_target_name);
        if (key == "maxReplicas") manifest.max_replicas = integer_of(field);
    });
}

}  // namespace helix::kube_objects
