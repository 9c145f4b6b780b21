using Prometheus;

namespace Router.Telemetry;

/// <summary>What of the process and the .NET runtime is worth a graph, under names that promtool accepts (prometheus-net's own are not).</summary>
internal sealed class RuntimeMetrics(MetricFactory factory)
{
    private readonly Counter _cpu = factory.CreateCounter("process_cpu_seconds_total", "User and system time that the process has used.");
    private readonly Gauge _memory = factory.CreateGauge("process_resident_memory_bytes", "Memory of the process that is in RAM.");
    private readonly Counter _collections = factory.CreateCounter("dotnet_gc_collections_total", "Garbage collections.", "generation");
    private readonly Counter _pauses = factory.CreateCounter("dotnet_gc_pause_seconds_total", "Time in which the garbage collector held every thread up.");
    private readonly Gauge _heap = factory.CreateGauge("dotnet_gc_heap_bytes", "Memory that the garbage collector has in use.");
    private readonly Counter _allocated = factory.CreateCounter("dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap.");
    private readonly Gauge _threads = factory.CreateGauge("dotnet_threadpool_threads", "Threads of the pool.");

    public void Update()
    {
        _cpu.IncTo(Environment.CpuUsage.TotalTime.TotalSeconds);
        _memory.Set(Environment.WorkingSet);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            _collections.WithLabels($"{generation}").IncTo(GC.CollectionCount(generation));
        _pauses.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        _heap.Set(GC.GetTotalMemory(forceFullCollection: false));
        _allocated.IncTo(GC.GetTotalAllocatedBytes());
        _threads.Set(ThreadPool.ThreadCount);
    }
}
