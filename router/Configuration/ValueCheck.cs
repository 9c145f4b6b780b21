using Microsoft.Extensions.Configuration;

namespace Router.Configuration;

/// <summary>Judges every value of the merged layers by its shape: what is missing, out of range, badly written.</summary>
internal sealed class ValueCheck(LayeredConfiguration layers, Problems problems)
{
    public void Check() => Check(ConfigurationShape.Root, "");

    private void Check(Shape shape, string path)
    {
        if (path.Length > 0 && problems.IsSpoilt(path)) return;
        switch (shape)
        {
            case SectionShape section:
                foreach (var key in section.Keys) Check(section, key, path.Length == 0 ? key.Name : ConfigurationPath.Combine(path, key.Name));
                return;
            case ListShape list:
                CheckList(list, path);
                return;
            case MapShape map:
                foreach (var key in layers.KeysUnder(path)) Check(map.Item, ConfigurationPath.Combine(path, key));
                return;
            case LeafShape leaf:
                if (leaf.Judge(layers.Value(path) ?? "") is { } complaint) problems.Report(layers.PlaceOf(path), path, complaint);
                return;
            default:
                throw new InvalidOperationException($"no check for {shape.GetType().Name}");
        }
    }

    private void Check(SectionShape section, ShapeKey key, string path)
    {
        if (layers.Has(path))
        {
            Check(key.Shape, path);
            if (key.NotYet is { } warning && !problems.HasUnder(path)) problems.Warn(layers.PlaceOf(path), path, warning);
            return;
        }

        if (key.Required && !problems.IsExcused(path) && !problems.IsSpoilt(path))
            problems.Report(layers.PlaceOf(path), path, new("is missing", $"{section.Name} needs it: add \"{key.Name}\""));
    }

    private void CheckList(ListShape list, string path)
    {
        var indexes = layers.KeysUnder(path);
        if (indexes.Count < list.AtLeast)
        {
            problems.Report(layers.PlaceOf(path), path, new("is empty", "give it one item at least"));
            return;
        }

        for (var i = 0; i < indexes.Count; i++)
        {
            var item = ConfigurationPath.Combine(path, indexes[i]);
            // Only the environment and --set can leave a gap; the framework would close it, and the items would not be those that were meant.
            if (!string.Equals(indexes[i], $"{i}", StringComparison.Ordinal) && !problems.IsSpoilt(item))
                problems.Report(layers.PlaceOf(item), item, new($"leaves a gap: the list has no item {i}", $"use index {i}"));
            Check(list.Item, item);
        }
    }
}
