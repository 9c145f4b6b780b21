using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Benchmarks;

// usage: dotnet run -c Release --project tests/Benchmarks [-- --filter PATTERN ...]    every option of BenchmarkDotNet's
//        Benchmarks churn ...    new sessions, end to end (side-by-side uses it)
if (args is ["churn" or "churn-serve", ..])
    return Churn.Run(args);
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15))
    .WithOptions(ConfigOptions.JoinSummary);
Multiples.Print([.. BenchmarkSwitcher.FromTypes([typeof(Yardsticks), typeof(Journeys)]).Run(args.Length == 0 ? ["--filter", "*"] : args, config)], ConsoleLogger.Default);
return 0;
