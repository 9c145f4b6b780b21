using System.Globalization;
using System.Net;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Benchmarks;

// usage: dotnet run -c Release --project tests/Benchmarks [-- --filter PATTERN ...]    every option of BenchmarkDotNet's
//        Benchmarks churn|churn-serve|stream|knock|transfer|transfer-serve ...    traffic end to end, for the commands beside this file
if (args is ["churn" or "churn-serve", ..])
    return Churn.Run(args);
if (args is ["stream", var to, var rate, var time])
    return Datagrams.Run(IPAddress.Parse(to), long.Parse(rate, CultureInfo.InvariantCulture), Seconds(time));
if (args is ["knock", var door, var knocking])
    return Datagrams.Knock(IPAddress.Parse(door), Seconds(knocking));
if (args is ["transfer-serve", var own])
    return Transfer.Serve(IPAddress.Parse(own));
if (args is ["transfer", var peer, var streams, var span])
    return Transfer.Run(IPAddress.Parse(peer), int.Parse(streams, CultureInfo.InvariantCulture), Seconds(span));
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15))
    .WithOptions(ConfigOptions.JoinSummary);
Multiples.Print([.. BenchmarkSwitcher.FromTypes([typeof(Yardsticks), typeof(Journeys)]).Run(args.Length == 0 ? ["--filter", "*"] : args, config)], ConsoleLogger.Default);
return 0;

static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text, CultureInfo.InvariantCulture));
